"""Read a provider's settlement report, JSON or CSV, into payments, fees and a net; what does not add up is said.

    {"settlementId": "ST0000001", "settledOn": "2026-03-31", "currency": "DOP",
     "gross": "1500.00", "fee": "15.00", "net": "1485.00",
     "transactions": [{"transactionReference": "MM0000000001", "type": "merchantpay", "amount": "1500.00",
                       "fee": "15.00", "net": "1485.00", "requestingOrganisationTransactionReference": "M000017",
                       "debitParty": [{"key": "msisdn", "value": "+18095550101"}],
                       "creationDate": "2026-03-03T09:12:45Z"}]}

A CSV has a line for each transaction and, last, one of the type ``total``; ``settlement_id``, ``settled_on`` and ``currency``
stand in each. A reversal has negative amounts and names the transaction it takes back.
"""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.kit.errors import GatewayError
from gateway.kit.money import Currency, currency_of, parse_amount
from gateway.kit.tabular import read_table
from gateway.treasury.errors import SettlementUnreadableError

COLUMNS = {
    "settlement_id": ("settlementid", "settlement", "liquidacion", "reglement"),
    "settled_on": ("settledon", "fecha de liquidacion", "date de reglement"),
    "currency": ("moneda", "devise"),
    "transaction_reference": ("transactionreference", "transaction", "transaccion"),
    "type": ("transaction type", "tipo"),
    "original_reference": ("originaltransactionreference", "original", "transaccion original"),
    "amount": ("monto", "importe", "montant"),
    "fee": ("comision", "cargo", "frais", "commission"),
    "net": ("neto",),
    "payer": ("msisdn", "telefono", "telephone", "debitparty"),
    "reference": ("requestingorganisationtransactionreference", "referencia", "payer reference"),
    "created_at": ("creationdate", "fecha", "date"),
}
REQUIRED = ("settlement_id", "settled_on", "currency", "transaction_reference", "type", "amount", "fee", "net")


class SettlementLine(NamedTuple):
    """One transaction of a settlement."""

    reference: str
    """The provider's own; of the payment, also where it is taken back."""
    is_reversal: bool
    amount_minor: int
    """Negative where it is taken back."""
    fee_minor: int
    net_minor: int
    text: str
    """What the payer wrote."""
    phone: str | None
    created_at: dt.datetime | None


class Settlement(NamedTuple):
    """A settlement as the provider reports it."""

    reference: str
    settled_on: dt.date
    currency: Currency
    gross_minor: int
    fee_minor: int
    net_minor: int
    lines: list[SettlementLine]

    @property
    def sha256(self) -> str:
        """Digest of what the report says, whatever form it came in."""
        said = [self.reference, self.settled_on, self.currency.code, *self[3:6], *map(list, self.lines)]
        return hashlib.sha256(json.dumps(said, default=str, separators=(",", ":")).encode()).hexdigest()


def read_settlement(body: bytes, file_name: str) -> Settlement:
    """Read a report; what it is, is told by its content.

    Raises:
        SettlementUnreadableError: No report, or a value in it that cannot be read; the sentence says where.
        FileUnreadableError: No table.
    """
    if body.lstrip()[:1] == b"{":
        return _of_json(body)
    return _of_table(body, file_name)


def contradiction(found: Settlement) -> str | None:
    """Return why a report contradicts itself, or None where it adds up."""
    for place, line in enumerate(found.lines, start=1):
        if line.amount_minor - line.fee_minor != line.net_minor:
            return f"transaction {place} ({line.reference}): amount less fee is not the net"
        if line.amount_minor == 0 or (line.amount_minor < 0) is not line.is_reversal:
            return f"transaction {place} ({line.reference}): a payment is above zero, a reversal below"
    seen = Counter((line.reference, line.is_reversal) for line in found.lines)
    repeated = next((reference for (reference, _), count in seen.items() if count > 1), None)
    if repeated is not None:
        return f"transaction {repeated} stands in it more than once"
    sums = [
        sum(line.amount_minor for line in found.lines),
        sum(line.fee_minor for line in found.lines),
        sum(line.net_minor for line in found.lines),
    ]
    told = [found.gross_minor, found.fee_minor, found.net_minor]
    for name, ours, theirs in zip(("amounts", "fees", "net amounts"), sums, told, strict=True):
        if ours != theirs:
            return f"the {name} of its transactions sum to {ours} minor units, the report says {theirs}"
    return "it would take money from us; a person looks at it" if found.net_minor < 0 else None


def _of_json(body: bytes) -> Settlement:
    try:
        given = json.loads(body)
        rows = given["transactions"]
        heads = [given[name] for name in ("settlementId", "settledOn", "currency", "gross", "fee", "net")]
    except (ValueError, KeyError, TypeError, RecursionError) as broken:
        raise SettlementUnreadableError(f"no settlement report: {str(broken)[:100]}") from None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise SettlementUnreadableError("/transactions: expected a list of objects")
    currency = _currency(heads[2])
    lines = [_line(row, f"/transactions/{place}", currency) for place, row in enumerate(rows)]
    gross, fee, net = (
        _minor(text, currency, name) for text, name in zip(heads[3:], ("gross", "fee", "net"), strict=True)
    )
    return Settlement(_words(heads[0], "settlementId"), _day(heads[1]), currency, gross, fee, net, lines)


def _of_table(body: bytes, file_name: str) -> Settlement:
    table = read_table(body, file_name, COLUMNS, required=REQUIRED)
    heads: set[tuple[str, str, str]] = set()
    lines: list[SettlementLine] = []
    total: tuple[int, int, int] | None = None
    for row in table.rows:
        where, fields = f"line {row.row_no}", row.fields
        if row.problem is not None:
            raise SettlementUnreadableError(f"{row.problem.pointer}: {row.problem.detail}")
        heads.add((fields["settlement_id"], fields["settled_on"], fields["currency"]))
        currency = _currency(fields["currency"])
        if fields["type"].lower() == "total":
            total = (
                _minor(fields["amount"], currency, where),
                _minor(fields["fee"], currency, where),
                _minor(fields["net"], currency, where),
            )
            continue
        told = {
            "transactionReference": fields["transaction_reference"],
            "type": fields["type"],
            "originalTransactionReference": fields.get("original_reference") or None,
            "amount": fields["amount"],
            "fee": fields["fee"],
            "net": fields["net"],
            "requestingOrganisationTransactionReference": fields.get("reference", ""),
            "debitParty": [{"key": "msisdn", "value": fields.get("payer", "")}],
            "creationDate": fields.get("created_at", ""),
        }
        lines.append(_line(told, where, currency))
    if len(heads) != 1 or total is None:
        raise SettlementUnreadableError(
            "a report is of one settlement, on one day, in one currency, and ends with a line of the type total"
        )
    reference, settled_on, code = heads.pop()
    return Settlement(_words(reference, "settlement_id"), _day(settled_on), _currency(code), *total, lines)


def _line(row: Mapping[str, Any], where: str, currency: Currency) -> SettlementLine:
    is_reversal = str(row.get("type", "")).lower() == "reversal"
    named = row.get("originalTransactionReference" if is_reversal else "transactionReference")
    amount, fee, net = (_minor(row.get(name), currency, f"{where}/{name}") for name in ("amount", "fee", "net"))
    texts = [row.get("requestingOrganisationTransactionReference"), row.get("descriptionText")]
    text = " ".join(dict.fromkeys(part.strip() for part in texts if isinstance(part, str) and part.strip()))
    return SettlementLine(
        _words(named, where),
        is_reversal,
        amount,
        fee,
        net,
        text.replace("\x00", "")[:200],
        _phone(row.get("debitParty")),
        _instant(row.get("creationDate")),
    )


def _words(given: Any, where: str) -> str:
    if not isinstance(given, str) or not given.strip() or len(given) > 100 or "\x00" in given:
        raise SettlementUnreadableError(f"{where}: expected a reference of 1 to 100 characters")
    return given.strip()


def _minor(given: Any, currency: Currency, where: str) -> int:
    try:
        return parse_amount(given, currency)
    except GatewayError as refusal:
        raise SettlementUnreadableError(f"{where}: {refusal.detail}") from None


def _currency(given: Any) -> Currency:
    try:
        return currency_of(str(given))
    except GatewayError as refusal:
        raise SettlementUnreadableError(f"currency: {refusal.detail}") from None


def _day(given: Any) -> dt.date:
    try:
        return dt.date.fromisoformat(str(given))
    except ValueError:
        raise SettlementUnreadableError(f"settledOn: {str(given)[:40]!r} is no day; expected YYYY-MM-DD") from None


def _instant(given: Any) -> dt.datetime | None:
    try:
        told = dt.datetime.fromisoformat(given) if isinstance(given, str) and given else None
    except ValueError:
        return None
    return told.replace(tzinfo=dt.UTC) if told is not None and told.tzinfo is None else told


def _phone(party: Any) -> str | None:
    for pair in party if isinstance(party, list) else ():
        if isinstance(pair, Mapping) and str(pair.get("key", "")).lower() == "msisdn":
            digits = "".join(letter for letter in str(pair.get("value", "")) if letter.isdigit())
            return f"+{digits}" if digits else None
    return None
