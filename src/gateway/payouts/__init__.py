"""Money owed to members, paid out in batches that one person prepares and another releases."""
