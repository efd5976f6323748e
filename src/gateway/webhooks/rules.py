"""What may be subscribed to, when an attempt is repeated, and where nothing may be sent: pure."""

import datetime as dt
import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from gateway.webhooks.errors import WebhookEventUnknownError

TEST = "gateway.test"
WAITS = tuple(dt.timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
"""Between attempts, as Standard Webhooks 1.0 recommends: over about three days."""
DISABLED_AFTER = dt.timedelta(days=5)
"""So long without one success ends the sending until a person switches it on again."""
OVERLAP = dt.timedelta(hours=24)
"""So long the secret before a rotation signs too."""


class Kind(NamedTuple):
    """A kind of event: which step it is made of."""

    type: str
    version: int
    source: str
    """``state_log``: the step's new state decides; ``audit_log``: the action does."""
    subject: str
    on: tuple[str, ...]
    about: str


KINDS: tuple[Kind, ...] = (
    Kind("filing.sealed", 1, "state_log", "filing", ("sealed",), "A month's filing is frozen."),
    Kind("filing.submitted", 1, "state_log", "filing", ("submitted",), "The state has received a filing."),
    Kind("filing.answered", 1, "state_log", "filing", ("accepted", "partial", "rejected"), "The state answered a filing."),
    Kind("filing.settled", 1, "state_log", "filing", ("settled",), "A filing's bill is paid and confirmed."),
    Kind("bill.received", 1, "state_log", "bill", ("received",), "The state's bill is here."),
    Kind("bill.paid", 1, "state_log", "bill", ("booked",), "The bill's payment stands on the bank's statement."),
    Kind("bill.confirmed", 1, "state_log", "bill", ("confirmed",), "The state confirmed the payment."),
    Kind("remittance.advised", 1, "state_log", "remittance", ("advised",), "Benefits are announced."),
    Kind("remittance.allotted", 1, "state_log", "remittance", ("allotted",), "Benefits stand on members' accounts."),
    Kind("payout.confirmed", 1, "state_log", "payout", ("paid",), "A benefit has reached its member."),
    Kind("payout.returned", 1, "state_log", "payout", ("failed", "returned"), "A benefit came back or did not arrive."),
    Kind("coverage.changed", 1, "state_log", "member", ("*",), "A member's standing changed."),
    Kind("day.closed", 1, "audit_log", "day_closing", ("*",), "A day was signed off."),
)  # fmt: skip


class Known(NamedTuple):
    """An event as it is told."""

    id: str
    type: str
    version: int
    occurred_at: dt.datetime
    subject_id: str
    status: str


def check_types(types: Iterable[str]) -> list[str]:
    """Return the kinds asked for, each once, in the list's order.

    Raises:
        WebhookEventUnknownError: One is not in the list, or none is named.

    Source:
        SRC-WEBHOOKS.
    """
    wanted = set(types)
    known = [kind.type for kind in KINDS]
    unknown = sorted(wanted - set(known))
    if unknown or not wanted:
        found = ", ".join(unknown) or "none"
        raise WebhookEventUnknownError(f"{found}: name one or more of {', '.join(known)}")
    return [name for name in known if name in wanted]


def body_of(event: Known) -> dict[str, Any]:
    """Return what is sent: which thing, and what state it is in; nothing about a person but her number here.

    Source:
        SRC-WEBHOOKS.
    """
    stamp = event.occurred_at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "type": event.type,
        "timestamp": stamp,
        "version": event.version,
        "data": {"id": event.subject_id, "status": event.status},
    }


def schema_of(kind: Kind) -> Mapping[str, Any]:
    """Return the JSON Schema of a kind's body.

    Source:
        SRC-WEBHOOKS.
    """
    status: dict[str, Any] = {"type": "string", "description": "The state it is in after the step."}
    if kind.on != ("*",):
        status["enum"] = list(kind.on)
    return {
        "type": "object",
        "required": ["type", "timestamp", "version", "data"],
        "properties": {
            "type": {"const": kind.type},
            "timestamp": {"type": "string", "format": "date-time"},
            "version": {"const": kind.version},
            "data": {
                "type": "object",
                "required": ["id", "status"],
                "properties": {
                    "id": {"type": "string", "description": f"Number of the {kind.subject}."},
                    "status": status,
                },
            },
        },
    }


def wait_after(attempts: int, spread: float) -> dt.timedelta | None:
    """Return how long to wait after the n-th failed attempt, up to a fifth longer; None where none follows.

    Args:
        attempts: How many were made, the failed one included.
        spread: Between 0 and 1, so that what failed together does not come back together.

    Source:
        SRC-WEBHOOKS.
    """
    if attempts > len(WAITS):
        return None
    return WAITS[attempts - 1] * (1 + 0.2 * spread)


def is_public(address: str) -> bool:
    """Tell whether an address is one of the open Internet: no private, local, shared or reserved one.

    Source:
        SRC-WEBHOOKS.
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            found = inner
        elif found in _NAT64:
            found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.is_global and not found.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
