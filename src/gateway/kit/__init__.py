"""What has no business meaning: money, periods, states, errors, database, bulk work. Knows no word of the glossary."""
