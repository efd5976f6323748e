"""Read a file of receipts into a staged table: what each row says, or why it cannot be read. Memory stays flat."""

import datetime as dt
import functools
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.contributions.import_queries import STAGED
from gateway.contributions.receive import bare_identity
from gateway.contributions.rules import OLDEST
from gateway.kit import bulk
from gateway.kit.errors import FieldProblem, MalformedError
from gateway.kit.money import Currency
from gateway.kit.tabular import Header, HeaderError, Row, Table, read_amount, read_date, read_table

COLUMNS = {
    "identity": (
        "cedula",
        "documento",
        "documento de identidad",
        "identidad",
        "identificacion",
        "identite",
        "piece d'identite",
        "nss",
        "pasaporte",
        "id",
    ),
    "member_number": (
        "member",
        "member no",
        "numero de socio",
        "no socio",
        "numero socio",
        "socio",
        "afiliado",
        "numero de afiliado",
        "no afiliado",
        "numero de membre",
        "membre",
        "adherent",
        "numero",
    ),
    "amount": ("monto", "importe", "valor", "cantidad", "pago", "montant", "somme", "amount paid"),
    "paid_on": ("fecha", "fecha de pago", "dia", "day", "date", "paid on", "payment date", "date de paiement", "jour"),
    "payer_reference": (
        "referencia",
        "referencia del pagador",
        "no recibo",
        "numero de recibo",
        "recibo",
        "comprobante",
        "reference",
        "receipt",
        "payer's reference",
        "reference du payeur",
        "transaccion",
    ),
    "collector": ("cobrador", "recaudador", "colector", "collecteur", "collected by", "cajero"),
    "note": ("nota", "notas", "observacion", "observaciones", "comentario", "concepto", "remarque", "notes"),
}
"""Canonical column -> the other names it goes by in Spanish, French and English."""
REQUIRED = ("amount", "paid_on")
CELL_SEPARATOR = "\x1f"


class Reading(NamedTuple):
    """How a file is to be read."""

    currency: Currency
    latest: dt.date
    """The last day a payment can be of."""
    day_first: bool

    @property
    def earliest(self) -> dt.date:
        """The first day a payment can be of."""
        return self.latest - OLDEST


def open_receipts(body: bytes, file_name: str) -> Table:
    """Open a file of receipts.

    Raises:
        FileUnreadableError: No table, or a header without amount, day and who paid.
    """
    table = read_table(body, file_name, COLUMNS, required=REQUIRED)
    if "identity" not in table.header.places and "member_number" not in table.header.places:
        raise HeaderError(
            f"line {table.header.row_no}: the header says nowhere who paid; expected a column identity (also: cedula) "
            "or member_number (also: numero de socio)"
        )
    return table


def stage_receipts(session: Session, table: Table, reading: Reading) -> int:
    """Read every row into the temporary table ``import_staged``; return how many.

    Raises:
        FileUnreadableError: The file is wrong further down, for example cut off.
    """
    return bulk.stage(
        session, "import_staged", STAGED, _staged(table, reading), analyze=("row_no", "value", "number", "problems")
    )


def who_column(header: Header) -> str:
    """Return the name of the column that says who paid, as the file has it."""
    return header.label("identity" if "identity" in header.places else "member_number")


def _staged(table: Table, reading: Reading) -> Iterator[tuple[Any, ...]]:
    header = table.header

    # The same amounts and days come again and again; a file's reading is the same for all of them.
    @functools.lru_cache(maxsize=65_536)
    def amount_of(text: str) -> int:
        return read_amount(text, reading.currency)

    @functools.lru_cache(maxsize=65_536)
    def day_of(text: str) -> dt.date:
        return read_date(text, day_first=reading.day_first, latest=reading.latest, earliest=reading.earliest)

    for row in table.rows:
        fields = row.fields
        raw = CELL_SEPARATOR.join(row.raw)
        try:
            if row.problem is not None:
                raise MalformedError(row.problem.detail)
            amount, paid_on = amount_of(fields["amount"]), day_of(fields["paid_on"])
        except MalformedError:
            amount = 0
        if amount == 0:
            problems = json.dumps([asdict(one) for one in _problems(row, header, reading)])
            yield row.row_no, None, None, None, None, None, None, None, None, raw, problems
            continue
        claimed = fields.get("identity") or fields.get("member_number") or ""
        value, number = bare_identity(claimed), claimed.upper()
        yield (
            row.row_no,
            claimed,
            value,
            number if number != value else None,
            amount,
            paid_on,
            fields.get("payer_reference") or None,
            fields.get("collector") or None,
            fields.get("note") or None,
            raw,
            None,
        )


def _problems(row: Row, header: Header, reading: Reading) -> list[FieldProblem]:
    """Return everything that is wrong with a row, so that it can be mended in one go."""
    if row.problem is not None:
        return [row.problem]
    found = []

    def tell(column: str, code: str, detail: str) -> None:
        found.append(FieldProblem(f"line {row.row_no}, column {header.label(column)}", code, detail))

    try:
        if read_amount(row.fields["amount"], reading.currency) == 0:
            tell("amount", "amount_invalid", f"{row.fields['amount']!r} is nothing; a receipt is above zero")
    except MalformedError as refusal:
        tell("amount", refusal.code, refusal.detail)
    try:
        read_date(row.fields["paid_on"], day_first=reading.day_first, latest=reading.latest, earliest=reading.earliest)
    except MalformedError as refusal:
        tell("paid_on", refusal.code, refusal.detail)
    return found
