"""Who works for the mutual: people, roles, passwords and sessions."""
