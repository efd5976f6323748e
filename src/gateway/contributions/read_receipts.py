"""Read a file of receipts into a staged table: what each row says, or why it cannot be read. Memory stays flat."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, NamedTuple, TypeVar

from sqlmodel import Session

from gateway.contributions.import_queries import STAGED
from gateway.contributions.receive import bare_identity
from gateway.contributions.rules import OLDEST
from gateway.kit import bulk
from gateway.kit.errors import FieldProblem, MalformedError
from gateway.kit.money import Currency
from gateway.kit.tabular import Block, Header, HeaderError, Table, read_amount, read_date, read_table

T = TypeVar("T")
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


class _Read(dict[str, T | None]):
    """Text of a cell -> what it says, None where it cannot be read: the same amounts and days come again and again."""

    MOST = 65_536

    def __init__(self, read: Callable[[str], T]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> T | None:
        try:
            found = self._read(text)
        except MalformedError:
            found = None
        if len(self) >= self.MOST:
            self.clear()
        self[text] = found
        return found


def _staged(table: Table, reading: Reading) -> Iterator[tuple[Any, ...]]:
    """Give each row as it is staged; what is the same for many rows is done for a block of them at once."""
    header, latest, earliest = table.header, reading.latest, reading.earliest
    amount_of = _Read(lambda text: read_amount(text, reading.currency)).__getitem__
    day_of = _Read(
        lambda text: read_date(text, day_first=reading.day_first, latest=latest, earliest=earliest)
    ).__getitem__
    for block in table.blocks:
        columns, nothing = block.columns, [""] * len(block.row_nos)
        claimed = columns.get("identity", columns.get("member_number", nothing))
        if "identity" in columns and "member_number" in columns:
            claimed = [one or other for one, other in zip(claimed, columns["member_number"], strict=True)]
        # No cell holds an end of line, so a whole column is changed as one text.
        together = "\n".join(claimed)
        rows = zip(
            block.row_nos,
            claimed,
            bare_identity(together).split("\n"),
            together.upper().split("\n"),
            map(amount_of, columns["amount"]),
            map(day_of, columns["paid_on"]),
            *(columns.get(name, nothing) for name in ("payer_reference", "collector", "note")),
            map(CELL_SEPARATOR.join, block.raws),
            strict=True,
        )
        for place, (row_no, who, value, number, amount, day, reference, collector, note, raw) in enumerate(rows):
            if amount and day and place not in block.problems:
                other = number if number != value else None
                yield row_no, who, value, other, amount, day, reference or None, collector or None, note or None, raw, None
            else:
                problems = [block.problems[place]] if place in block.problems else _problems(block, place, header, reading)
                told = json.dumps([asdict(one) for one in problems])
                yield row_no, None, None, None, None, None, None, None, None, raw, told


def _problems(block: Block, place: int, header: Header, reading: Reading) -> list[FieldProblem]:
    """Return everything that is wrong with a row, so that it can be mended in one go."""
    found, row_no = [], block.row_nos[place]
    amount, day = block.columns["amount"][place], block.columns["paid_on"][place]

    def tell(column: str, code: str, detail: str) -> None:
        found.append(FieldProblem(f"line {row_no}, column {header.label(column)}", code, detail))

    try:
        if read_amount(amount, reading.currency) == 0:
            tell("amount", "amount_invalid", f"{amount!r} is nothing; a receipt is above zero")
    except MalformedError as refusal:
        tell("amount", refusal.code, refusal.detail)
    try:
        read_date(day, day_first=reading.day_first, latest=reading.latest, earliest=reading.earliest)
    except MalformedError as refusal:
        tell("paid_on", refusal.code, refusal.detail)
    return found
