"""What may be subscribed to, when an attempt is repeated, how long things are kept, where nothing may be sent: pure."""

import datetime as dt
import email.utils
import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from gateway.benefits.states import ClaimStatus, RemittanceStatus
from gateway.filing.states import BillStatus, FilingStatus
from gateway.membership.states import MemberStatus
from gateway.payouts.states import PayoutStatus
from gateway.statelink.states import Scope
from gateway.webhooks.errors import WebhookAddressError, WebhookEventUnknownError

TEST = "gateway.test"
WAITS = tuple(dt.timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
"""Between attempts, as Standard Webhooks 1.0 recommends: over about three days."""
DISABLED_AFTER = dt.timedelta(days=5)
"""So long without one success ends the sending until a person switches it on again."""
OVERLAP = dt.timedelta(hours=24)
"""So long, unless she says otherwise, the secret before a rotation signs too."""
LONGEST_OVERLAP = dt.timedelta(days=7)
LONGEST_PAUSE = dt.timedelta(hours=24)
"""A receiver may ask for a pause; a longer one is cut to this."""
_RESTS = tuple(dt.timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 300))
PATIENCE = 3
"""So many failed attempts in a row, answered ones too, and the whole subscription rests."""
KEPT_DAYS = 90
LONGEST_ADDRESS = 2000
LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".lan")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Kind(NamedTuple):
    """A kind of event: which step of which life it is made of."""

    type: str
    version: int
    source: str
    """``state_log``: the step's new state decides; ``audit_log``: the action does."""
    subject: str
    on: tuple[str, ...]
    """The states that are entered, or the actions."""
    statuses: tuple[str, ...]
    """What the event can say of the subject's state."""
    scope: Scope | None
    """What a client of the state must be allowed to be told this; None: it is no state's business."""
    about: str


def _step(
    kind: str, subject: str, states: tuple[str, ...], about: str, scope: Scope | None = None, version: int = 1
) -> Kind:
    return Kind(kind, version, "state_log", subject, states, states, scope, about)


def _act(
    kind: str, subject: str, actions: tuple[str, ...], status: str, about: str, scope: Scope | None = None
) -> Kind:
    return Kind(kind, 1, "audit_log", subject, actions, (status,), scope, about)


_F, _B, _R = FilingStatus, BillStatus, RemittanceStatus
_FILINGS = Scope.READ_FILINGS

KINDS: tuple[Kind, ...] = (
    _step("filing.sealed", "filing", (_F.SEALED,), "A month's filing is frozen.", _FILINGS),
    _step("filing.submitted", "filing", (_F.SUBMITTED,), "The state has received a filing.", _FILINGS),
    _step("filing.answered", "filing", (_F.ACCEPTED, _F.PARTIAL, _F.REJECTED), "The state answered a filing.", _FILINGS),
    _step("filing.settled", "filing", (_F.SETTLED,), "A filing's bill is paid and confirmed.", _FILINGS),
    _act("bill.received", "bill", ("bill.receive", "bill.type_in"), _B.RECEIVED, "The state's bill is here.", _FILINGS),
    _step("bill.paid", "bill", (_B.BOOKED,), "The bank has taken a bill's money.", _FILINGS),
    _step("bill.confirmed", "bill", (_B.CONFIRMED,), "The state says a bill is paid.", _FILINGS),
    _step("remittance.advised", "remittance", (_R.ADVISED,), "The state announced benefits.", _FILINGS),
    _step("remittance.allotted", "remittance", (_R.ALLOTTED,), "Benefits stand on members' accounts.", _FILINGS),
    _step("claim.decided", "benefit_claim", (ClaimStatus.ACCEPTED, ClaimStatus.REFUSED), "The state decided a claim."),
    _step("payout.paid", "payout", (PayoutStatus.PAID,), "A benefit has reached its member."),
    _step("payout.returned", "payout", (PayoutStatus.FAILED, PayoutStatus.RETURNED), "A benefit did not arrive."),
    _step("member.status_changed", "member", tuple(MemberStatus), "A member went on leave, left, died or came back."),
    _act("day.closed", "day_closing", ("day.close",), "closed", "A day, of the house or of a till, was signed off."),
)  # fmt: skip


class Known(NamedTuple):
    """An event as it is told."""

    id: str
    type: str
    version: int
    occurred_at: dt.datetime
    subject_id: str
    reference: str | None
    status: str


def check_types(types: Iterable[str], *, scopes: frozenset[str] | None = None) -> list[str]:
    """Return the kinds asked for, each once, in the list's order.

    Args:
        types: What is asked for.
        scopes: Of a client of the state, which may be told only what it may read; None for the staff.

    Raises:
        WebhookEventUnknownError: One is not in the list of who asks, or none is named.

    Source:
        SRC-WEBHOOKS.
    """
    wanted = set(types)
    known = [kind.type for kind in kinds_for(scopes)]
    unknown = sorted(wanted - set(known))
    if unknown or not wanted:
        found = ", ".join(unknown)[:200] or "none"
        raise WebhookEventUnknownError(f"{found}: name one or more of {', '.join(known) or 'none, for these scopes'}")
    return [name for name in known if name in wanted]


def kinds_for(scopes: frozenset[str] | None) -> list[Kind]:
    """Return the kinds that a client of the state with these scopes may be told; all of them for the staff.

    Source:
        SRC-WEBHOOKS.
    """
    return [kind for kind in KINDS if scopes is None or (kind.scope is not None and kind.scope in scopes)]


def webhook_id(mutual_id: int, event_id: int) -> str:
    """Return what a receiver tells events apart by: the same on every attempt, another for every event of every mutual.

    Source:
        SRC-WEBHOOKS.
    """
    return f"evt_{mutual_id}_{event_id}"


def body_of(event: Known) -> dict[str, Any]:
    """Return what is sent: which thing, and what state it is in; nothing about a person but a number of ours.

    Source:
        SRC-WEBHOOKS.
    """
    stamp = event.occurred_at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "type": event.type,
        "timestamp": stamp,
        "version": event.version,
        "data": {"id": event.subject_id, "reference": event.reference, "status": event.status},
    }


def schema_of(kind: Kind) -> Mapping[str, Any]:
    """Return the JSON Schema of a kind's body.

    Source:
        SRC-WEBHOOKS.
    """
    reference = "What the state knows it by: a filing's id, a bill's or a remittance's number; null for other subjects."
    return {
        "type": "object",
        "description": kind.about,
        "required": ["type", "timestamp", "version", "data"],
        "properties": {
            "type": {"const": kind.type},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened, not when it was sent."},
            "version": {"const": kind.version},
            "data": {
                "type": "object",
                "required": ["id", "reference", "status"],
                "properties": {
                    "id": {"type": "string", "description": f"Our number of the {kind.subject.replace('_', ' ')}."},
                    "reference": {"type": ["string", "null"], "description": reference},
                    "status": {"enum": [str(status) for status in kind.statuses]},
                },
            },
        },
    }  # fmt: skip


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


def rest_after(failures: int, *, is_reached: bool) -> dt.timedelta | None:
    """Return how long a whole subscription rests after its n-th failed attempt in a row; None where it goes on.

    A receiver that cannot be reached costs a worker the whole time it waits, so it rests at once; one that answers with
    an error may mean the one event, and rests after some in a row.

    Source:
        SRC-WEBHOOKS.
    """
    if is_reached and failures < PATIENCE:
        return None
    return _RESTS[min(failures, len(_RESTS)) - 1]


def pause_asked(header: str | None, *, now: dt.datetime) -> dt.timedelta | None:
    """Return the pause that a ``Retry-After`` header asks for, in seconds or as a date, at most a day; None for none.

    Source:
        SRC-WEBHOOKS, RFC 9110 section 10.2.3.
    """
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        asked = dt.timedelta(seconds=int(text))
    else:
        try:
            at = email.utils.parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        asked = (at if at.tzinfo else at.replace(tzinfo=dt.UTC)) - now
    return min(max(asked, dt.timedelta()), LONGEST_PAUSE)


def must_disable(failing_since: dt.datetime | None, *, now: dt.datetime) -> bool:
    """Tell whether a subscription has failed for so long that nothing more is sent.

    Source:
        SRC-WEBHOOKS.
    """
    return failing_since is not None and now - failing_since >= DISABLED_AFTER


def kept_days(settings: Mapping[str, Any], today: dt.date) -> int:
    """Return for how many days events, deliveries and attempts are kept, by the mutual's newest rule that has begun.

    Args:
        settings: The mutual's; ``webhooks.keep`` is a list of ``{"from": "2026-01-01", "days": 30}``.
        today: The mutual's day.

    Source:
        SRC-WEBHOOKS.
    """
    rules = settings.get("webhooks", {}).get("keep", [])
    begun = [rule for rule in rules if dt.date.fromisoformat(rule["from"]) <= today]
    return int(max(begun, key=lambda rule: str(rule["from"]))["days"]) if begun else KEPT_DAYS


def check_url(url: str, *, private: bool) -> str:
    """Return an address that may be sent to by its form; what a name stands for is looked at each time it is used.

    Args:
        url: The address.
        private: Whether http and addresses that are not of the open Internet are allowed, for sandboxes.

    Raises:
        WebhookAddressError: Not http(s), not https where only public addresses are allowed, with a user or a fragment,
            or plainly inside a private network.

    Source:
        SRC-WEBHOOKS.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        raise WebhookAddressError("this is no address; expected https://host/path") from None
    if parts.scheme not in (("http", "https") if private else ("https",)) or not host or port == 0:
        raise WebhookAddressError("expected an https address; http is only for sandboxes on private networks")
    is_plain = url.isascii() and url.isprintable() and not re.search(r"[\s\\]", url)
    if parts.username is not None or parts.password is not None or parts.fragment or not is_plain:
        raise WebhookAddressError("the address must be plain ASCII without user, password, fragment or white space")
    if len(url) > LONGEST_ADDRESS:
        raise WebhookAddressError(f"the address is longer than {LONGEST_ADDRESS} characters")
    if not private and not _may_be_public(host):
        raise WebhookAddressError(f"{host[:80]} is inside a private network; nothing is sent there")
    return url


def _may_be_public(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        # A name of one word, or one of digits alone, is read by some systems as an address inside.
        last = host.rpartition(".")[2]
        return "." in host and not host.endswith(LOCAL_NAMES) and not re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last)


def is_public(address: str) -> bool:
    """Tell whether an address is one of the open Internet: no private, local, shared or reserved one.

    Raises:
        ValueError: It is no address.

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
