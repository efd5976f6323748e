"""What the machine gave as a reason by itself, in the reader's language with its figures as she writes them."""

from decimal import Decimal

from gateway.administration.log_words import reason_in_words
from gateway.backoffice.frame.desk import Desk
from gateway.kit.money import currency_of, parse_amount


def said_by_machine(desk: Desk, reason: str | None) -> str | None:
    """Return a reason as it is kept in words; a person's own stands as she wrote it, and so does what nobody worded."""
    if not reason:
        return None
    return reason_in_words(reason, desk.words.language, lambda name, text: _figure(desk, name, text))


def _figure(desk: Desk, name: str, text: str) -> str:
    words, kind = desk.words, name.rpartition("_")[2]
    if kind == "minor":
        return words.amount(int(text), desk.mutual.currency)
    if kind == "amount":
        currency, _, amount = text.partition(" ")
        return words.amount(parse_amount(amount.replace(",", ""), currency_of(currency)), currency)
    if kind == "decimal":
        return words.decimal(Decimal(text))
    if kind == "count":
        return words.number(int(text.replace(",", "")))
    return words.iso_day(text) if kind == "on" else text
