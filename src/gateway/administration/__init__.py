"""How a mutual is run: what it has set for itself, who did what, and how its ways out of the house are doing.

Settings are declared in ``settings.toml``, in one place for the command, the API and the pages. The log and the health of
connections are read from what is there; nothing is kept beside it.
"""
