"""What the state asks of a whole line beyond its single fields. Pure; values as ``layout`` reads them.

A rule looks only at fields that could be read; one that is missing was reported by itself. Source: SRC-001.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.authority.do_tss.layout import STRUCTURE
from gateway.authority.do_tss.sayings import Saying, say

Values = Mapping[str, Any]
Broken = tuple[str, str, Saying]
"""Field, the state's code, sentence."""
Rule = Callable[[Values, dt.date | None], Iterator[Broken]]

_FORMS = {
    "C": re.compile("[0-9]{11}"),
    "N": re.compile("[0-9]{1,10}"),
    "P": re.compile("[A-Za-z0-9-]+"),
}
_AMOUNTS = ("wage", "voluntary", "tax_wage", "other_pay", "other_employers", "exempt", "balance", "training_wage")
_OF_PASSPORTS = frozenset({"105", "106", "107", "108"})
_DAYS_AHEAD = 30


def code_for(code: str, letter: str | None) -> str:
    """Return the code for a fault: those of names, sex and birth are for the holders of passports alone."""
    return STRUCTURE if code in _OF_PASSPORTS and letter != "P" else code


def document_form(values: Values, _: dt.date | None) -> Iterator[Broken]:
    """A number has the form of its type."""
    yield from _form(values, "document_type", "document")


def holder_form(values: Values, _: dt.date | None) -> Iterator[Broken]:
    """The holder's number has the form of its type."""
    yield from _form(values, "holder_document_type", "holder_document")


def _form(values: Values, letter_field: str, number_field: str) -> Iterator[Broken]:
    letter, number = values.get(letter_field), values.get(number_field)
    if letter in _FORMS and number is not None and _FORMS[letter].fullmatch(number) is None:
        yield number_field, "101", say(f"form_of_{letter}", found=number)


def passport_holder(values: Values, _: dt.date | None) -> Iterator[Broken]:
    """Of the holder of a passport the state knows nothing: name, surname, sex and birth date must be there."""
    if values.get("document_type") != "P":
        return
    for field, code in (("given_names", "105"), ("first_surname", "106"), ("sex", "107"), ("birth_date", "108")):
        if field in values and not values[field]:
            yield field, code, say("passport_blank")


def something_declared(values: Values, _: dt.date | None) -> Iterator[Broken]:
    """At least one amount is above zero."""
    amounts = [values.get(field, 0) for field in _AMOUNTS]
    blocks = [block[1] for block in values.get("blocks", ()) if len(block) == 2]
    if "wage" in values and not any(amounts) and not any(blocks):
        yield "wage", "188", say("all_zero")


def exempt_blocks(values: Values, _: dt.date | None) -> Iterator[Broken]:
    """Exempt income is told once: in its field, or in blocks with amounts above zero, in order."""
    blocks = [block for block in values.get("blocks", ()) if len(block) == 2]
    if not blocks:
        return
    if values.get("exempt"):
        yield "exempt", STRUCTURE, say("exempt_twice")
    codes = [code for code, _ in blocks]
    if codes != sorted(set(codes)):
        yield "block_code_1", STRUCTURE, say("blocks_order", found=", ".join(codes))
    for number, (_code, amount) in enumerate(blocks, start=1):
        if amount == 0:
            yield f"block_amount_{number}", STRUCTURE, say("block_zero")


def event_days(values: Values, today: dt.date | None) -> Iterator[Broken]:
    """An event has a start, does not end before it, and entry and exit are at most 30 days ahead.

    The day of an exit may stand in either place: published layouts name both and say of neither that it is the one.
    """
    event, start, end = values.get("event"), values.get("start"), values.get("end")
    if event is None or "start" not in values:
        return
    if start is None and event != "AD" and not (event == "SA" and end is not None):
        yield "start", "39", say("event_undated", event=event)
    if start is not None and end is not None and end < start:
        yield "end", "39", say("event_backwards", start=start, end=end)
    for field, day in (("start", start), ("end", end)):
        is_bound = event == "SA" or (event == "IN" and field == "start")
        if today is not None and is_bound and day is not None and day > today + dt.timedelta(days=_DAYS_AHEAD):
            yield field, "39", say("event_ahead", start=day, days=_DAYS_AHEAD, today=today)


def dependant_is_not_holder(values: Values, _: dt.date | None) -> Iterator[Broken]:
    """Nobody is her own dependant."""
    person = (values.get("document_type"), values.get("document"))
    if None not in person and person == (values.get("holder_document_type"), values.get("holder_document")):
        yield "document", "192", say("holder_is_dependant", found=person[1])


_WORKER_RULES: tuple[Rule, ...] = (document_form, passport_holder, exempt_blocks, something_declared)

RULES: Mapping[str, tuple[Rule, ...]] = {
    "AM": _WORKER_RULES,
    "AR": _WORKER_RULES,
    "NV": (event_days, document_form, passport_holder, exempt_blocks),
    "RD": (holder_form, document_form, passport_holder, dependant_is_not_holder),
    "BO": (),
    "RT": (),
    "EP": (),
}
