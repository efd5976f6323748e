"""Whose certificates count when the gateway calls somebody: read once for each process."""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """Return the context that every client of ours checks certificates with.

    To read the authorities takes 30 to 60 ms, longer than most calls; a process started anew sees what changed in them.
    """
    return httpx.create_ssl_context(trust_env=False)
