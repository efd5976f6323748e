"""Read a file of receipts into a staged table: what each row says, or why it cannot be read. Memory stays flat."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import NamedTuple

from sqlmodel import Session

from gateway.contributions.import_queries import STAGED
from gateway.contributions.receive import bare_identity
from gateway.contributions.rules import OLDEST
from gateway.kit import bulk
from gateway.kit.errors import FieldProblem, MalformedError
from gateway.kit.money import Currency
from gateway.kit.tabular import Block, Header, HeaderError, Table, read_amount, read_date, read_table

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
MOST_KEPT = 65_536
"""So many different amounts, and days, are remembered while a file is read."""


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
    return bulk.stage_columns(
        session, "import_staged", STAGED, _staged(table, reading), analyze=("row_no", "value", "number", "problems")
    )


def who_column(header: Header) -> str:
    """Return the name of the column that says who paid, as the file has it."""
    return header.label("identity" if "identity" in header.places else "member_number")


class _Read(dict[str, str]):
    """Text of a cell -> what it says as COPY takes it, NULL where it cannot be read: amounts and days come again and again."""

    def __init__(self, read: Callable[[str], object]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> str:
        try:
            # Nothing is not an amount that somebody paid.
            found = str(self._read(text) or bulk.NULL)
        except MalformedError:
            found = bulk.NULL
        if len(self) >= MOST_KEPT:
            self.clear()
        self[text] = found
        return found


def _staged(table: Table, reading: Reading) -> Iterator[list[Sequence[str]]]:
    """Give the columns of ``STAGED`` for each block: what is the same for many rows is done for all of them at once."""
    amount_of = _Read(lambda text: read_amount(text, reading.currency))
    day_of = _Read(partial(read_date, day_first=reading.day_first, latest=reading.latest, earliest=reading.earliest))
    for block in table.blocks:
        nothing = [""] * len(block.row_nos)
        claimed = block.columns.get("identity") or block.columns["member_number"]
        if "identity" in block.columns and "member_number" in block.columns:
            claimed = [one or other for one, other in zip(claimed, block.columns["member_number"], strict=True)]
        # No cell that was tidied holds an end of line, so a whole column is changed as one text.
        claimed = bulk.escaped(claimed)
        together = "\n".join(claimed)
        values = bare_identity(together).split("\n")
        numbers = zip(together.upper().split("\n"), values, strict=True)
        columns: list[Sequence[str]] = [
            list(map(str, block.row_nos)),
            claimed,
            values,
            [bulk.NULL if number == value else number for number, value in numbers],
            [amount_of[text] for text in block.columns["amount"]],
            [day_of[text] for text in block.columns["paid_on"]],
            *(
                [text or bulk.NULL for text in bulk.escaped(block.columns.get(name, nothing))]
                for name in ("payer_reference", "collector", "note")
            ),
            bulk.escaped([CELL_SEPARATOR.join(raw) for raw in block.raws]),
            [bulk.NULL] * len(block.row_nos),
        ]
        yield _with_problems(columns, block, table.header, reading)


def _with_problems(columns: list[Sequence[str]], block: Block, header: Header, reading: Reading) -> list[Sequence[str]]:
    """Say of each row that cannot be read nothing but its number, its cells and why."""
    unread = {
        place
        for column in columns[4:6]
        if bulk.NULL in column
        for place, text in enumerate(column)
        if text is bulk.NULL
    }
    if not unread and not block.problems:
        return columns
    changed = [list(column) for column in columns]
    for place in sorted(unread | block.problems.keys()):
        for column in changed[1:-2]:
            column[place] = bulk.NULL
        problems = [block.problems[place]] if place in block.problems else _problems(block, place, header, reading)
        [changed[-1][place]] = bulk.escaped([json.dumps([asdict(one) for one in problems])])
    return list(changed)


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
