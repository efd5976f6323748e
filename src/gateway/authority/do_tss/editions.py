"""The layouts of the Dominican treasury's files, by kind and by the day from which they are in force.

Source: SRC-001, read 2026-11-24. The day from which an edition is in force is not published: 2003-06-01 stands for
"since the system began" and is unverified. Of BO and RT only the length is known: the rest of the line is opaque.
"""

import datetime as dt

from gateway.authority.do_tss.layout import STRUCTURE, Edition, Field, LineLayout
from gateway.authority.do_tss.shapes import (
    Amount,
    Choice,
    Constant,
    Count,
    Day,
    Digits,
    Employer,
    Month,
    Name,
    Number,
    Opaque,
    PayrollKey,
    Shape,
    TaxNumber,
)

LETTERS = {"C": "national_id", "N": "social_security", "P": "passport"}
INCOME_TYPES = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
EVENTS = ("IN", "SA", "VC", "LV", "LM", "LD", "AD")
DEPENDANT_EVENTS = ("ID", "SD")
BLOCK_CODES = ("01", "02", "03")
_SINCE = dt.date(2003, 6, 1)
_SOURCE = "SRC-001"


def document_forms(length: int) -> tuple[tuple[str, str], ...]:
    """Return what stands after the letters C and N in a number field of this length; passports go the long way."""
    numbers = "|".join(f"[0-9]{{{digits}}} {{{length - digits}}}" for digits in range(10, 0, -1))
    return (("C", f"[0-9]{{11}} {{{length - 11}}}"), ("N", f"(?:{numbers})"))


def _fields(*columns: tuple[str, Shape, str] | tuple[str, Shape], verified: bool = True) -> tuple[Field, ...]:
    """Lay fields side by side from position 1 on."""
    fields: list[Field] = []
    place = 1
    for name, shape, *code in columns:
        fields.append(Field(name, place, shape, code[0] if code else STRUCTURE, verified))
        place += shape.length
    return tuple(fields)


def _line(*fields: Field) -> LineLayout:
    return LineLayout(fields, (fields[-1].end - 1,))


def _header(kind: str, *, with_period: bool = True) -> LineLayout:
    columns: list[tuple[str, Shape]] = [("type", Constant("E")), ("key", Constant(kind)), ("employer", Employer())]
    return _line(*_fields(*columns, *([("period", Month())] if with_period else [])))


_SUMMARY = _line(*_fields(("type", Constant("S")), ("line_count", Count(6))))

_PERSON: tuple[tuple[str, Shape, str], ...] = (
    ("document_type", Choice(tuple(LETTERS), 1, followed_by=document_forms(25)), "101"),
    ("document", Number(25), "101"),
    ("given_names", Name(50), "105"),
    ("first_surname", Name(40), "106"),
    ("second_surname", Name(40), "106"),
    ("sex", Choice(("M", "F"), 1, may_be_blank=True), "107"),
    ("birth_date", Day(), "108"),
)
_PAY: tuple[tuple[str, Shape, str], ...] = (
    ("wage", Amount(), "156"),
    ("voluntary", Amount(), "157"),
    ("tax_wage", Amount(), "158"),
    ("other_pay", Amount(), STRUCTURE),
    ("withholding_agent", TaxNumber(), STRUCTURE),
    ("other_employers", Amount(), STRUCTURE),
    ("exempt", Amount(), STRUCTURE),
    ("balance", Amount(), STRUCTURE),
    ("training_wage", Amount(), "321"),
    ("income_type", Choice(INCOME_TYPES, 4, may_be_blank=True), "572"),
)
_BLOCK = _fields(("block_code", Choice(BLOCK_CODES, 2)), ("block_amount", Amount()))

_WORKER = LineLayout(
    _fields(("type", Constant("D")), ("payroll", PayrollKey(), "155"), *_PERSON, *_PAY), (292, 308, 312), _BLOCK, 3
)
_EVENT = LineLayout(
    _fields(
        ("type", Constant("D")),
        ("payroll", PayrollKey(), "155"),
        ("event", Choice(EVENTS, 2), "164"),
        ("start", Day(), "39"),
        ("end", Day(), "39"),
        *_PERSON,
        *_PAY,
    ),
    (310, 326, 330),
    _BLOCK,
    3,
)
_DEPENDANT = _line(
    *_fields(
        ("type", Constant("D")),
        ("payroll", PayrollKey(), "155"),
        ("holder_document_type", Choice(("C", "N"), 1, followed_by=document_forms(11)), "101"),
        ("holder_document", Number(11), "101"),
        ("event", Choice(DEPENDANT_EVENTS, 2), "164"),
        ("document_type", Choice(tuple(LETTERS), 1, followed_by=document_forms(11)), "101"),
        ("document", Number(11), "101"),
        ("given_names", Name(50), "105"),
        ("first_surname", Name(40), "106"),
        ("second_surname", Name(40), "106"),
        verified=False,
    )
)


def _opaque_line(length: int) -> LineLayout:
    return _line(*_fields(("type", Constant("D")), ("rest", Opaque(length - 1)), verified=False))


_BANK_HEADER = _line(
    *_fields(
        ("type", Constant("E")),
        ("key", Constant("RE")),
        ("kind", Constant("EP")),
        ("record_size", Count(3)),
        ("entity_type", Constant("04")),
        ("entity_key", Opaque(2)),
        ("filler", Opaque(53)),
        verified=False,
    )
)
_BANK_PAYMENT = _line(
    *_fields(
        ("type", Constant("D")),
        ("transaction", Opaque(6)),
        ("branch", Opaque(4)),
        ("notice_reference", Digits(16)),
        ("paid_on", Day(may_be_blank=False)),
        ("paid_at", Opaque(5)),
        ("amount", Amount(13)),
        ("authorisation", Opaque(10)),
        ("means", Opaque(2)),
        verified=False,
    )
)
_BANK_SUMMARY = _line(
    *_fields(
        ("type", Constant("S")),
        ("line_count", Count(5)),
        ("total", Amount(25)),
        ("filler", Opaque(34)),
        verified=False,
    )
)

_PERSON_KEY = ("document_type", "document", "payroll")

EDITIONS: tuple[Edition, ...] = (
    Edition("AM", "2003-06", _SINCE, _header("AM"), _WORKER, _SUMMARY, _PERSON_KEY, True, "wage", _SOURCE, True),
    Edition("AR", "2003-06", _SINCE, _header("AR"), _WORKER, _SUMMARY, _PERSON_KEY, True, "wage", _SOURCE, True),
    Edition("NV", "2003-06", _SINCE, _header("NV"), _EVENT, _SUMMARY, _PERSON_KEY, True, "wage", _SOURCE, True),
    Edition(
        "RD", "2003-06", _SINCE, _header("RD", with_period=False), _DEPENDANT, _SUMMARY, _PERSON_KEY, False, None,
        _SOURCE, False,
    ),
    Edition("BO", "2003-06", _SINCE, _header("BO"), _opaque_line(182), _SUMMARY, (), False, None, _SOURCE, False),
    Edition("RT", "2003-06", _SINCE, _header("RT"), _opaque_line(258), _SUMMARY, (), False, None, _SOURCE, False),
    Edition("EP", "2003-06", _SINCE, _BANK_HEADER, _BANK_PAYMENT, _BANK_SUMMARY, (), False, "amount", _SOURCE, False),
)  # fmt: skip


def edition_of(kind: str, on: dt.date | None = None, editions: tuple[Edition, ...] = EDITIONS) -> Edition | None:
    """Return the edition in force on a day (the newest, without a day); None if the kind was not known then."""
    known = [edition for edition in editions if edition.kind == kind and (on is None or edition.valid_from <= on)]
    return max(known, key=lambda edition: edition.valid_from, default=None)
