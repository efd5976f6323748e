"""A port of this machine that nobody listens on."""

import contextlib
import secrets
import socket

LOWEST, HOW_MANY = 12_000, 18_000
"""Below the ports that the system lends to outgoing connections: one of these could be lent between now and its use."""
TRIES = 1_000


def free_port(wanted: int | None = None) -> int:
    """Return a port that is free on the loopback address.

    Args:
        wanted: Taken if it is free, even where closed connections to it are still remembered.

    Raises:
        OSError: There is none.
    """
    if wanted and _is_free(wanted, reuse=True):
        return wanted
    for _ in range(TRIES):
        port = LOWEST + secrets.randbelow(HOW_MANY)
        if _is_free(port, reuse=False):
            return port
    raise OSError("no free port on the loopback address")


def _is_free(port: int, *, reuse: bool) -> bool:
    with contextlib.suppress(OSError, OverflowError), socket.socket() as probe:
        if reuse:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False
