"""Valid records of every kind of the Dominican treasury's files, for hypothesis; and small files by hand."""

import datetime as dt
import io

from hypothesis import strategies as st
from stdnum import luhn

from gateway.authority.do_tss.check import Wishes, check_file
from gateway.authority.do_tss.editions import EDITIONS
from gateway.authority.do_tss.records import get_edition, write_records
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
    Opaque,
    PayrollKey,
    TaxNumber,
)
from gateway.kit.period import Period

EMPLOYER = "401999999"
PERIOD = Period(2026, 3)

names = st.from_regex(r"[A-ZÑ'\-]{1,9}( [A-Z'\-]{1,9}){0,2}", fullmatch=True).map(lambda n: n.replace("Ñ", "N"))
days = st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31))
amounts = st.integers(0, 10**15 - 1)


def cedula(number):
    """Return eleven digits with their right check digit; eleven that have it already are left as they are."""
    if number >= 10**10:
        return f"{number:011d}"
    digits = f"{number:010d}"
    return digits + luhn.calc_check_digit(digits)


_NUMBERS = {
    "C": st.integers(1, 10**10 - 1).map(cedula),
    "N": st.from_regex(r"[0-9]{1,10}", fullmatch=True),
    "P": st.from_regex(r"[A-Z0-9\-]{1,11}", fullmatch=True),
}


def of_shape(shape):
    """Values that a field of this shape may hold; identity numbers are drawn with their type."""
    if isinstance(shape, Name):
        return st.one_of(st.just(""), names)
    if isinstance(shape, Day):
        return st.one_of(st.none(), days) if shape.may_be_blank else days
    if isinstance(shape, Amount):
        return st.integers(0, 10 ** (min(shape.length, 18) - 1) - 1)
    if isinstance(shape, Choice):
        return st.sampled_from((*shape.options, "") if shape.may_be_blank else shape.options)
    if isinstance(shape, PayrollKey):
        return st.from_regex(r"[0-9]{3}", fullmatch=True).filter(lambda key: key not in ("000", "888", "999"))
    if isinstance(shape, TaxNumber):
        return st.one_of(st.just(""), st.from_regex(r"[0-9]{9}([0-9]{2})?", fullmatch=True))
    if isinstance(shape, Employer):
        return st.from_regex(r"[0-9]{9}([0-9]{2})?", fullmatch=True)
    if isinstance(shape, Month):
        return st.builds(Period, st.integers(2003, 2099), st.integers(1, 12))
    if isinstance(shape, Count):
        return st.integers(0, 10**shape.length - 1)
    if isinstance(shape, Digits):
        return st.from_regex(rf"[0-9]{{{shape.length}}}", fullmatch=True)
    if isinstance(shape, Opaque):
        alphabet = st.characters(min_codepoint=32, max_codepoint=255).filter(lambda c: c.isprintable())
        return st.text(alphabet, max_size=shape.length).map(lambda text: text.rstrip(" "))
    assert isinstance(shape, Constant)
    return st.just(shape.text)


@st.composite
def records(draw, edition):
    """Return a record that the state would accept, and the length of its line."""
    drawn = {f.name: draw(of_shape(f.shape)) for f in edition.detail.fields if not f.name.endswith("document")}
    for letter in [name for name in drawn if name.endswith("document_type")]:
        drawn[letter.removesuffix("_type")] = draw(_NUMBERS[drawn[letter]])
    if drawn.get("document_type") == "P":
        drawn |= {"given_names": draw(names), "first_surname": draw(names)}
        drawn |= {"sex": "F", "birth_date": draw(days)} if "sex" in drawn else {}
    if "wage" in drawn:
        drawn["wage"] = draw(st.integers(1, 10**15 - 1))
    if "start" in drawn:
        drawn["start"] = draw(days)
        drawn["end"] = draw(st.one_of(st.none(), st.dates(drawn["start"], dt.date(2099, 12, 31))))
    if drawn.get("holder_document") == drawn.get("document") and "holder_document" in drawn:
        other = 2 if drawn["holder_document"] in ("1", cedula(1)) else 1
        drawn["document"] = str(other) if drawn["document_type"] == "N" else cedula(other)
        drawn["document_type"] = drawn["document_type"].replace("P", "C")
    if edition.detail.block:
        return draw(_with_blocks(edition, drawn))
    return drawn, edition.detail.lengths[-1]


@st.composite
def _with_blocks(draw, edition, drawn):
    codes = sorted(draw(st.sets(st.sampled_from(("01", "02", "03")), max_size=3)))
    drawn["blocks"] = tuple((code, draw(st.integers(1, 10**15 - 1))) for code in codes)
    if codes:
        drawn["exempt"] = 0
        return drawn, edition.detail.lengths[-1]
    length = draw(st.sampled_from(edition.detail.lengths))
    kept = {field.name for field in edition.detail.fields_of(length)} | {"blocks"}
    return {name: value for name, value in drawn.items() if name in kept}, length


def head_of(edition):
    """Return a header's values."""
    if edition.kind == "EP":
        return {"record_size": 65, "entity_key": "12", "filler": ""}
    return {"employer": EMPLOYER, "period": PERIOD}


def whole_file(edition, pairs):
    """Return the octets of a file of records with their lengths."""
    lengths = {place: length for place, (_, length) in enumerate(pairs)}
    return b"".join(write_records(edition, head_of(edition), [record for record, _ in pairs], lengths=lengths))


def worker(number, *, wage=2322300, payroll="001", **other):
    """Return one AM record."""
    return {
        "payroll": payroll, "document_type": "C", "document": cedula(number), "given_names": "ANA",
        "first_surname": "DIAZ", "second_surname": "", "sex": "F", "birth_date": dt.date(1990, 5, 17), "wage": wage,
        "voluntary": 0, "tax_wage": 0, "other_pay": 0, "withholding_agent": "", "other_employers": 0, "exempt": 0,
        "balance": 0, "training_wage": 0, "income_type": "", "blocks": (), **other,
    }  # fmt: skip


def dependant(number, *, holder=99900000011, event="ID", payroll="001"):
    """Return one RD record."""
    return {
        "payroll": payroll, "holder_document_type": "C", "holder_document": cedula(holder), "event": event,
        "document_type": "C", "document": cedula(number), "given_names": "ROSA", "first_surname": "DIAZ",
        "second_surname": "",
    }  # fmt: skip


def file_of(kind, *given):
    """Return a file of records, as the state wants it."""
    edition = get_edition(kind)
    return b"".join(write_records(edition, head_of(edition), given))


def verdict_of(body, **options):
    """Return what the state would answer to these octets."""
    return check_file(io.BytesIO(body), Wishes(**options))


KINDS = [edition.kind for edition in EDITIONS]
