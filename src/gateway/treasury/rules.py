"""Pure rules of the evening: what is on which side, and what keeps a day from being signed off."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.kit.errors import FieldProblem
from gateway.kit.money import currency_of, format_amount

PLACES = ("cash", "bank", "momo")


def sides_of(balances: Iterable[tuple[str, str, bool, int]]) -> dict[str, dict[str, int]]:
    """Return where the money is and whose it is, by control account, empty ones left out.

    Args:
        balances: Control account, kind, whether it is on its way, and balance on its normal side in minor units.

    Returns:
        ``bank``, ``cash``, ``mobile_money`` and ``in_transit`` (where it is), ``suspense`` and ``owed`` (whose it is),
        ``lent``, ``expense``. What is in the first four, lent and spent is what is in suspense and owed, to the unit.

    Source:
        SRC-LEDGER, the chart of accounts of a virtual employer.
    """
    sides: dict[str, dict[str, int]] = {
        name: {} for name in ("bank", "cash", "mobile_money", "in_transit", "suspense", "owed", "lent", "expense")
    }
    for control, kind, is_clearing, balance_minor in balances:
        if balance_minor:
            sides[_side_of(control, kind, is_clearing)][control] = balance_minor
    return sides


def _side_of(control: str, kind: str, is_clearing: bool) -> str:
    head = control.split(":")[0]
    if kind == "asset" and head in PLACES:
        return "in_transit" if is_clearing else {"momo": "mobile_money"}.get(head, head)
    if head == "suspense":
        return "suspense"
    return {"asset": "lent", "expense": "expense"}.get(kind, "owed")


def unbalanced(sides: Mapping[str, Mapping[str, int]]) -> int:
    """Return what the two sides of the house differ by, in minor units; always zero while the books are whole.

    Source:
        SRC-LEDGER, every entry sums to zero.
    """
    total = {name: sum(accounts.values()) for name, accounts in sides.items()}
    return sum(total.values()) - 2 * (total["suspense"] + total["owed"])


def blockers_of(
    banks: Sequence[Mapping[str, Any]], tills: Sequence[Mapping[str, Any]], *, only_till: bool
) -> list[FieldProblem]:
    """Return what keeps a day from being signed off, each with what to do.

    A collector may be out for days: her bag keeps a till's day open, not the house's, unless its count differs.

    Source:
        SRC-CASH, docs/decisions/0089-the-evening.md.
    """
    found = []
    for bank in banks:
        if bank["unexplained_minor"] or bank["unbooked_minor"]:
            shown = _text(bank["unexplained_minor"] or bank["unbooked_minor"], bank["currency"])
            words = (
                f"{bank['code']} differs from its statement by {shown}; run the reconciliation, explain what is left"
            )
            found.append(FieldProblem(f"/banks/{bank['code']}", "unexplained_difference", words))
    for till in tills:
        if till["status"] == "counted":
            words = f"the count of {till['code']} differs by {_text(till['waiting_minor'], till['currency'])}; a second person looks at it"
            found.append(FieldProblem(f"/tills/{till['code']}", "difference_waits", words))
        elif till["status"] == "open" and (only_till or till["kind"] == "counter"):
            words = f"{till['code']} is held by {till['holder']} since {till['opened_on']}; count it first"
            found.append(FieldProblem(f"/tills/{till['code']}", "till_open", words))
    return found


def handovers_of(waiting: Sequence[Any]) -> list[FieldProblem]:
    """Return what keeps a day open of cash that was handed over and counted as another sum.

    Source:
        SRC-CASH, docs/decisions/0115-cash-from-hand-to-hand.md.
    """
    return [
        FieldProblem(
            f"/handovers/{one.id}",
            "difference_waits",
            f"what {one.receiver} counted of {one.from_till} differs by {_text(one.difference_minor, one.currency)};"
            " a third person looks at it",
        )
        for one in waiting
    ]


def _text(minor: int, currency: str) -> str:
    return f"{format_amount(minor, currency_of(currency))} {currency}"
