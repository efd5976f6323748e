"""The GSMA's schema, asked strictly: amounts without trailing zeros, parties as lists of key and value."""

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from typing import Any

from gateway.kit.money import Currency, parse_amount
from gateway.sandbox.payer.errors import RefusedError

AMOUNT = re.compile(r"(0|[1-9][0-9]{0,17})([.][0-9]{0,3}[1-9])?")
TYPES = (
    "billpay", "deposit", "disbursement", "transfer", "merchantpay", "inttransfer", "adjustment", "reversal",
    "withdrawal",
)  # fmt: skip
_TEXTS = {
    "subType": 256, "descriptionText": 160, "requestingOrganisationTransactionReference": 256, "oneTimeCode": 256,
    "geoCode": 256, "servicingIdentity": 256, "originalTransactionReference": 256,
}  # fmt: skip


def _bad(pointer: str, expected: str, code: str = "formatError") -> RefusedError:
    return RefusedError("validation", code, f"{pointer}: {expected}", pointer=pointer)


def check_headers(headers: Mapping[str, str]) -> str | None:
    """Check the headers of a request and return its correlation id.

    Raises:
        RefusedError: One of them is not what the specification asks.
    """
    correlation = headers.get("x-correlationid")
    if correlation is not None:
        try:
            correlation = str(uuid.UUID(correlation))
        except ValueError:
            raise _bad("X-CorrelationID", "expected a UUID") from None
    if "x-date" in headers:
        _check_instant("X-Date", headers["x-date"])
    url = headers.get("x-callback-url")
    if url is not None and not url.startswith(("http://", "https://")):
        raise _bad("X-Callback-URL", "expected an http or https address")
    return correlation


def _check_instant(pointer: str, value: Any) -> None:
    try:
        if not isinstance(value, str) or dt.datetime.fromisoformat(value).tzinfo is None:
            raise _bad(pointer, "expected an instant with an offset, RFC 3339")
    except ValueError:
        raise _bad(pointer, "expected an instant with an offset, RFC 3339") from None


def check_transaction(given: Any, currency: Currency, *, at: str = "", kind: str | None = None) -> int:
    """Check one transaction and return its amount in minor units.

    Args:
        given: What was sent.
        currency: The only one the wallets hold.
        at: Where it stands, as a JSON Pointer.
        kind: The type from the path, where the body has none.

    Raises:
        RefusedError: It is not what the specification asks, or not in the currency.
    """
    if not isinstance(given, dict):
        raise _bad(at or "/", "expected an object")
    for name in ("amount", "currency", *(() if kind else ("type",))):
        if name not in given:
            raise _bad(f"{at}/{name}", "is missing", "mandatoryValueNotSupplied")
    if kind is None and given["type"] not in TYPES:
        raise _bad(f"{at}/type", f"expected one of {', '.join(TYPES)}")
    _check_parties(given, at, both=kind is None)
    _check_texts(given, at)
    amount = given["amount"]
    if not isinstance(amount, str) or len(amount) > 23 or AMOUNT.fullmatch(amount) is None:
        raise _bad(f"{at}/amount", "expected digits without leading zeros, and decimals without trailing ones")
    if given["currency"] != currency.code:
        raise RefusedError("businessRule", "currencyNotSupported", f"{at}/currency: only {currency.code} is held here")
    if len(amount.partition(".")[2]) > currency.exponent:
        raise _bad(f"{at}/amount", f"{currency.code} has {currency.exponent} decimals")
    minor = parse_amount(amount, currency)
    if minor == 0:
        raise RefusedError("businessRule", "lessThanTransactionMinValue", f"{at}/amount: nothing to move")
    return minor


def _check_parties(given: Mapping[str, Any], at: str, *, both: bool) -> None:
    present = [name for name in ("debitParty", "creditParty") if name in given]
    if len(present) < (2 if both else 1):
        missing = "creditParty" if present == ["debitParty"] else "debitParty"
        raise _bad(f"{at}/{missing}", "is missing", "mandatoryValueNotSupplied")
    for name in present:
        parties = given[name]
        if not isinstance(parties, list) or not 1 <= len(parties) <= 10:
            raise _bad(f"{at}/{name}", "expected a list of 1 to 10")
        for party in parties:
            values = [party.get("key"), party.get("value")] if isinstance(party, dict) else [None]
            if not all(isinstance(value, str) and 1 <= len(value) <= 256 for value in values):
                raise _bad(f"{at}/{name}", "expected objects with key and value")


def _check_texts(given: Mapping[str, Any], at: str) -> None:
    for name, most in _TEXTS.items():
        if name in given and not (isinstance(given[name], str) and len(given[name]) <= most):
            raise _bad(f"{at}/{name}", f"expected a text of at most {most} characters", "lengthError")
    if "requestDate" in given:
        _check_instant(f"{at}/requestDate", given["requestDate"])
    metadata = given.get("metadata", [])
    if not isinstance(metadata, list) or len(metadata) > 20:
        raise _bad(f"{at}/metadata", "expected a list of at most 20")


def destination_of(parties: Any) -> str:
    """Return the account that is meant, preferring a telephone number."""
    by_key = {party["key"]: party["value"] for party in parties}
    return str(by_key.get("msisdn") or next(iter(by_key.values())))
