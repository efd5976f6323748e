"""Who works for the mutual: people, roles, passwords and sessions.

Passwords are kept as Argon2id, a session's secret as a digest only. A log-in that fails takes as long as one that
succeeds and does not say what was wrong. There is always an active manager.
"""
