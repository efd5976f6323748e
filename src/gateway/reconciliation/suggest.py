"""The usual explanations of a break, each with the entry it would post or the member it would place the money with.

A person chooses, changes or finds another. What a suggestion rests on, it shows.
"""

from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.ledger.post import Line
from gateway.reconciliation import queries
from gateway.reconciliation.match_rules import BY_CODE
from gateway.reconciliation.queries import BreakRow


class Suggestion(NamedTuple):
    """What would explain a break."""

    code: str
    """``refund_member``, ``charge_reserve``, ``book_bank_charge``, ``place``, …"""
    lines: tuple[Line, ...]
    meaning: str
    member_id: int | None = None
    """For ``place``: whose the money may be."""
    fields: tuple[str, ...] = ()
    """What agreed."""


def suggest(a_break: BreakRow) -> list[Suggestion]:
    """Return the usual entries.

    Where the state took less than was reserved, the rest waits on ``suspense:state`` and is the member's. Where it
    took more, the difference is there with the other sign.
    """
    minor, found = a_break.amount_minor, []
    if a_break.kind == "amount_changed":
        member = f"member:{a_break.ours['member_id']}:contributions"
        if minor < 0:
            lines = (Line("suspense:state", -minor), Line(member, minor))
            found.append(Suggestion("refund_member", lines, "Give what the state did not take back to the member"))
        else:
            lines = (Line(member, minor), Line("suspense:state", -minor))
            found.append(Suggestion("charge_member", lines, "Take what the state took more from the member's credit"))
    if a_break.kind in {"amount_changed", "bill_differs"} and minor > 0:
        lines = (Line("reserve:solidarity", minor), Line("suspense:state", -minor))
        found.append(Suggestion("charge_reserve", lines, "Let the reserve carry what the state took more"))
    if a_break.kind == "bill_differs":
        code = "expense:state-differences" if minor > 0 else "income:state-differences"
        lines = (Line(code, minor), Line("suspense:state", -minor))
        found.append(Suggestion("book_difference", lines, "Book the difference as an expense or income of the house"))
    if a_break.kind == "bank_debit_unknown":
        lines = (Line("expense:bank-charges", -minor), Line("suspense:bank", minor))
        found.append(Suggestion("book_bank_charge", lines, "It is a charge of the bank"))
    if a_break.kind == "statement_line_odd":
        found.append(Suggestion("no_entry", (), "The entry is right as it was booked"))
    return found


def suggest_members(session: Session, a_break: BreakRow) -> list[Suggestion]:
    """Return whose the money of a receipt in suspense may be, by the rules that are not sure or name several."""
    line_id = a_break.ours.get("statement_line_id")
    if a_break.kind != "receipt_suspense" or line_id is None:
        return []
    return [
        Suggestion(
            "place",
            (),
            f"{BY_CODE[row.rule].meaning}: {row.number}, {row.given_names} {row.first_surname}",
            int(row.matched_id),
            tuple(row.fields),
        )
        for row in db.rows(session, queries.SUGGESTED, {"line_id": line_id})
    ]
