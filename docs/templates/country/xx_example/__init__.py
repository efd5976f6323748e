"""Exampleland's social fund: a country that does not exist, to copy from. What to change stands in docs/new-country.md."""
