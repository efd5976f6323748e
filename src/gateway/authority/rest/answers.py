"""From the state's JSON to the protocol's values."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from gateway.authority.protocol import (
    Advice,
    AdviceLine,
    AdviceLinePage,
    AnsweredLine,
    Counts,
    FilingStanding,
    GroupedLines,
    LayoutEdition,
    LinePage,
    Notice,
    NoticeFiling,
    NoticePayment,
    NoticePayments,
    RawAnswer,
    Reception,
    ServiceLimits,
    Totals,
)
from gateway.authority.rest import read, wire
from gateway.authority.rest.read import Json
from gateway.kit.errors import MalformedError
from gateway.kit.money import Currency, currency_of

Kinds = Mapping[str, str]
"""The state's letter for a kind of document, and ours."""


def service_limits(value: Json, raw: RawAnswer) -> ServiceLimits:
    """Read what the state takes today."""
    return ServiceLimits(
        country=read.text(value, "country"),
        currency=read.text(value, "currency"),
        business_date=read.day(value, "business_date"),
        kinds=tuple(str(kind) for kind in read.items(value, "kinds")),
        max_lines_per_file=read.whole(value, "max_lines_per_file", least=1),
        max_page_size=read.whole(value, "max_page_size", least=1),
        layouts=tuple(_layout(read.mapping(item, "layout")) for item in read.items(value, "layouts")),
        raw=raw,
    )


def _layout(value: Json) -> LayoutEdition:
    lengths = tuple(length for length in read.items(value, "detail_lengths") if isinstance(length, int))
    return LayoutEdition(read.text(value, "kind"), read.text(value, "edition"), lengths)


def reception(value: Json, raw: RawAnswer) -> Reception:
    """Read that the state has a file."""
    number = read.text(value, "reception_number")
    if not number:
        raise read.UnreadableAnswerError("reception_number is empty")
    return Reception(
        reference=read.reference(value, "filing_id"),
        reception_number=number,
        received_at=read.instant(value, "received_at"),
        content_sha256=read.text(value, "content_sha256"),
        duplicate=value.get("duplicate") is True,
        warnings=read.findings(value, "warnings"),
        raw=raw,
    )


def standing(value: Json, raw: RawAnswer) -> FilingStanding:
    """Read a file as the state holds it."""
    return FilingStanding(
        reference=read.reference(value, "filing_id"),
        reception_number=read.text(value, "reception_number"),
        kind=read.text(value, "kind"),
        employer=read.text(value, "employer"),
        period=read.period(value),
        payrolls=tuple(str(key) for key in read.items(value, "payrolls")),
        part=read.whole(value, "part", least=1),
        part_count=read.whole(value, "of", least=1),
        status=read.text(value, "status"),
        state_status=read.text_or_none(value, "state_status"),
        code=read.text_or_none(value, "code"),
        message=read.text_or_none(value, "message"),
        counts=_counts(value),
        totals=_totals(value),
        content_sha256=read.text(value, "content_sha256"),
        received_at=read.instant(value, "received_at"),
        answered_at=read.instant_or_none(value, "answered_at"),
        errors=read.findings(value, "errors"),
        raw=raw,
    )


def _counts(value: Json) -> Counts:
    found = read.mapping(value.get("counts"), "counts")
    return Counts(read.whole(found, "lines"), read.whole(found, "accepted"), read.whole(found, "rejected"))


def _totals(value: Json) -> Totals:
    found = read.mapping(value.get("totals"), "totals")
    unit = read.currency(found)
    return Totals(
        unit.code,
        read.amount(found, "declared_wage", unit),
        read.amount(found, "accepted_wage", unit),
        read.amount(found, "billed", unit),
    )


def line_page(value: Json, raw: RawAnswer, kinds: Kinds) -> LinePage:
    """Read one page of the answer to a file's lines."""
    totals = _totals(value)
    unit = currency_of(totals.currency)
    return LinePage(
        reference=read.reference(value, "filing_id"),
        reception_number=read.text(value, "reception_number"),
        kind=read.text(value, "kind"),
        employer=read.text(value, "employer"),
        period=read.period(value),
        counts=_counts(value),
        totals=totals,
        lines=_lines_of(value, unit, kinds, raw),
        next_cursor=read.text_or_none(value, "next_cursor"),
        raw=raw,
    )


def _lines_of(value: Json, unit: Currency, kinds: Kinds, raw: RawAnswer) -> Sequence[AnsweredLine]:
    """Read a page's lines, one by one or by what is said of them."""
    if value.get("grouped") is None:
        return _lines(read.items(value, "lines"), unit, kinds, raw)
    try:
        told = _grouped(value["grouped"], unit, kinds)
    except (msgspec.MsgspecError, MalformedError, read.UnreadableAnswerError):
        told = None
    if told is not None:
        return told
    whole = read.mapping(json.loads(raw.body), "the answer") if isinstance(value["grouped"], wire.WireGroups) else value
    return tuple(_line_slowly(line, unit, kinds) for line in _one_by_one(whole))


def _grouped(groups: Any, unit: Currency, kinds: Kinds) -> GroupedLines | None:
    """Read lines by what is said of them, the short way; None where it must be read the long way."""
    if not isinstance(groups, wire.WireGroups) or not (len(groups.line) == len(groups.document) == len(groups.of)):
        return None
    if max(groups.of, default=-1) >= len(groups.said):
        return None
    minor, parts, ours = read.amounts_in(unit), wire.components_in(unit), kinds.get
    said = [
        AnsweredLine(
            0,
            one.payroll,
            ours(one.document_type, one.document_type),
            "",
            one.status,
            one.code,
            one.message,
            minor(one.declared_wage),
            minor(one.accepted_wage),
            one.additional_dependants,
            parts(bytes(one.components)),
            minor(one.amount),
        )
        for one in groups.said
    ]
    return GroupedLines(said, groups.line, groups.document, groups.of)


def _one_by_one(value: Json) -> list[Json]:
    """Return grouped lines as a page says them one by one."""
    if value.get("lines") is not None:
        raise read.UnreadableAnswerError("lines are told one by one and grouped")
    groups = read.mapping(value["grouped"], "grouped")
    said = [read.mapping(one, "said") for one in read.items(groups, "said")]
    numbers, documents, of = (read.items(groups, name) for name in ("line", "document", "of"))
    if not len(numbers) == len(documents) == len(of):
        raise read.UnreadableAnswerError(
            f"{len(numbers)} lines have {len(documents)} documents, and something is said of {len(of)}"
        )
    for place in of:
        if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < len(said):
            raise read.UnreadableAnswerError(f"of names {place!r}; {len(said)} things are said, from 0")
    return [
        {**said[place], "line": line, "document": document}
        for line, document, place in zip(numbers, documents, of, strict=True)
    ]


def _lines(values: list[Any], unit: Currency, kinds: Kinds, raw: RawAnswer) -> tuple[AnsweredLine, ...]:
    """Read the lines of a page. The short way for a million of them; what it cannot read, the long way says in words."""
    try:
        told = _quickly(values, unit, kinds)
    except (msgspec.MsgspecError, MalformedError, read.UnreadableAnswerError):
        told = None
    if told is not None:
        return told
    if any(isinstance(value, wire.WireLine) for value in values):
        values = read.items(read.mapping(json.loads(raw.body), "the answer"), "lines")
    return tuple(_line_slowly(read.mapping(value, "line"), unit, kinds) for value in values)


def _quickly(values: list[Any], unit: Currency, kinds: Kinds) -> tuple[AnsweredLine, ...] | None:
    minor, parts, ours = read.amounts_in(unit), wire.components_in(unit), kinds.get
    lines = values if values and isinstance(values[0], wire.WireLine) else wire.lines(values)
    if lines is None:
        return None
    return tuple(
        [
            AnsweredLine(
                line.line,
                line.payroll,
                ours(line.document_type, line.document_type),
                line.document,
                line.status,
                line.code,
                line.message,
                minor(line.declared_wage),
                minor(line.accepted_wage),
                line.additional_dependants,
                parts(bytes(line.components)),
                minor(line.amount),
            )
            for line in lines
        ]
    )


def _line_slowly(value: Json, unit: Currency, kinds: Kinds) -> AnsweredLine:
    letter = read.text(value, "document_type")
    return AnsweredLine(
        read.whole(value, "line", least=1),
        read.text(value, "payroll"),
        kinds.get(letter, letter),
        read.text(value, "document"),
        read.text(value, "status"),
        read.text(value, "code"),
        read.text(value, "message"),
        read.amount(value, "declared_wage", unit),
        read.amount(value, "accepted_wage", unit),
        read.whole(value, "additional_dependants"),
        read.components(value, unit),
        read.amount(value, "amount", unit),
    )


def notices(value: Json, raw: RawAnswer) -> list[Notice]:
    """Read the bills of a month."""
    return [notice(read.mapping(item, "notice"), raw) for item in read.items(value, "notices")]


def notice(value: Json, raw: RawAnswer) -> Notice:
    """Read one bill."""
    unit = read.currency(value)
    return Notice(
        reference=read.text(value, "reference"),
        version=read.whole(value, "version", least=1),
        replaces=read.text_or_none(value, "replaces"),
        replaced_by=read.text_or_none(value, "replaced_by"),
        employer=read.text(value, "employer"),
        period=read.period(value),
        payroll=read.text(value, "payroll"),
        status=read.text(value, "status"),
        issued_on=read.day(value, "issued_on"),
        due_on=read.day(value, "due_on"),
        currency=unit.code,
        line_count=read.whole(value, "line_count"),
        components=read.components(value, unit),
        total_minor=read.amount(value, "total", unit),
        filings=tuple(_notice_filing(read.mapping(i, "filing"), unit) for i in read.items(value, "filings")),
        paid_minor=read.amount(value, "paid", unit),
        raw=raw,
    )


def _notice_filing(value: Json, unit: Currency) -> NoticeFiling:
    return NoticeFiling(
        read.reference(value, "filing_id"), read.whole(value, "line_count"), read.amount(value, "amount", unit)
    )


def notice_payments(value: Json, raw: RawAnswer) -> NoticePayments:
    """Read what the state received for a bill."""
    unit = read.currency(value)
    return NoticePayments(
        reference=read.text(value, "reference"),
        employer=read.text(value, "employer"),
        period=read.period(value),
        status=read.text(value, "status"),
        currency=unit.code,
        total_minor=read.amount(value, "total", unit),
        paid_minor=read.amount(value, "paid", unit),
        payments=tuple(_payment(read.mapping(item, "payment")) for item in read.items(value, "payments")),
        raw=raw,
    )


def _payment(value: Json) -> NoticePayment:
    unit = read.currency(value)
    return NoticePayment(
        payment_id=read.text(value, "payment_id"),
        amount_minor=read.amount(value, "amount", unit),
        currency=unit.code,
        paid_on=read.day(value, "paid_on"),
        authorisation=read.text_or_none(value, "authorisation") or "",
        status=read.text(value, "status"),
        confirmed_at=read.instant_or_none(value, "confirmed_at"),
    )


def advice_page(value: Json, raw: RawAnswer) -> tuple[list[Advice], str | None]:
    """Read one page of advices and where the next begins."""
    found = [advice(read.mapping(item, "remittance"), raw) for item in read.items(value, "remittances")]
    return found, read.text_or_none(value, "next_cursor")


def advice(value: Json, raw: RawAnswer) -> Advice:
    """Read one advice."""
    unit = read.currency(value)
    return Advice(
        remittance_id=read.text(value, "remittance_id"),
        employer=read.text(value, "employer"),
        currency=unit.code,
        status=read.text(value, "status"),
        advised_at=read.instant(value, "advised_at"),
        paid_on=read.day_or_none(value, "paid_on"),
        line_count=read.whole(value, "line_count"),
        total_minor=read.amount(value, "total", unit),
        by_benefit=tuple(_benefit(read.mapping(i, "benefit"), unit) for i in read.items(value, "by_benefit")),
        end_to_end_id=read.text(value, "end_to_end_id"),
        bank_reference=read.text_or_none(value, "bank_reference"),
        account=read.text(value, "account"),
        raw=raw,
    )


def _benefit(value: Json, unit: Currency) -> tuple[str, int, int]:
    return read.text(value, "benefit"), read.whole(value, "line_count"), read.amount(value, "amount", unit)


def advice_line_page(value: Json, raw: RawAnswer, kinds: Kinds) -> AdviceLinePage:
    """Read one page of an advice's lines."""
    unit = read.currency(value)
    return AdviceLinePage(
        remittance_id=read.text(value, "remittance_id"),
        employer=read.text(value, "employer"),
        currency=unit.code,
        line_count=read.whole(value, "line_count"),
        total_minor=read.amount(value, "total", unit),
        lines=tuple(_advice_line(read.mapping(i, "line"), unit, kinds) for i in read.items(value, "lines")),
        next_cursor=read.text_or_none(value, "next_cursor"),
        raw=raw,
    )


def _advice_line(value: Any, unit: Currency, kinds: Kinds) -> AdviceLine:
    letter = read.text(value, "holder_document_type")
    return AdviceLine(
        read.whole(value, "line", least=1),
        kinds.get(letter, letter),
        read.text(value, "holder_document"),
        read.text(value, "benefit"),
        read.text(value, "claim_reference"),
        read.period(value),
        read.amount(value, "amount", unit),
        read.whole(value, "instalment", least=1),
        read.whole(value, "of", least=1),
    )
