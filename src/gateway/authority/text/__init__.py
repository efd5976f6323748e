"""What every country's text files need: lines at flat memory, keys that stand twice, plain letters, tables of codes.

No country is named here; a country's folder says what it wants.
"""
