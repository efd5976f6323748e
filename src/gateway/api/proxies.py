"""Who asks, where proxies stand between: the address that a proxy of ours saw, and nobody else's word.

``X-Forwarded-For`` is read from the right: each proxy adds whom it saw, so what stands left of the first address that is
none of our proxies was written by anybody.
"""

import ipaddress
from collections.abc import Iterable, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
HEADER = b"x-forwarded-for"
MOST_HOPS = 20


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return addresses and networks as they were configured.

    Raises:
        ValueError: One of them is none.
    """
    return tuple(ipaddress.ip_network(one, strict=False) for one in texts)


def is_one_of(host: str, proxies: Sequence[Network]) -> bool:
    """Tell whether an address is a proxy of ours."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in proxies)


def client_of(peer: str, headers: Iterable[tuple[bytes, bytes]], proxies: Sequence[Network]) -> str:
    """Return the address that asks: the peer's own, or where it is a proxy of ours, whom the last of them saw."""
    if not is_one_of(peer, proxies):
        return peer
    told = b",".join(value for name, value in headers if name == HEADER).decode("latin-1")
    seen = peer
    for hop in reversed([one.strip() for one in told.split(",")][-MOST_HOPS:]):
        found = _address(hop)
        if found is None:
            return seen
        seen = found
        if not is_one_of(found, proxies):
            return found
    return seen


def counted(host: str) -> str:
    """Return what tries are counted by: the address; of the sixth version the network that one subscriber gets whole."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))


def _address(text: str) -> str | None:
    # Some proxies write the port behind the address, and brackets round one of the sixth version.
    bare = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None
