"""The usual explanations of a break, each with what it would post, whose the money would be, or which line would show it.

A person chooses, changes or finds another. What a suggestion rests on, it shows.
"""

from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.filing.comparison import LATENESS
from gateway.kit import db
from gateway.ledger.post import Line
from gateway.reconciliation import queries
from gateway.reconciliation.announced import OWN_STEPS, SHOWN_IN_SUM, TAKE_BACK
from gateway.reconciliation.match_rules import BY_CODE
from gateway.reconciliation.queries import BreakRow
from gateway.reconciliation.resolve import NO_ENTRY, PLACE, POST_ENTRY
from gateway.reconciliation.rules import ANNOUNCED_DAYS
from gateway.reconciliation.sums import make_total

LATE = "expense:late-surcharges"

SUMS = """
-- one row per line in suspense of the announcement's account and direction, near its day, and announcement that it may be made of
SELECT w.id AS line_id, w.amount_minor AS line_minor, p.id AS part_id, p.amount_minor AS part_minor,
    coalesce(p.batch_reference, p.booked_on::text) AS together
FROM bank_statement_line a
JOIN bank_statement_line w ON w.mutual_id = a.mutual_id AND w.account_id = a.account_id AND NOT w.is_announced
    AND w.status = 'suspense' AND sign(w.amount_minor) = sign(a.amount_minor) AND abs(w.amount_minor) >= abs(a.amount_minor)
    AND abs(w.booked_on - a.booked_on) <= :days
JOIN bank_statement_line p ON p.mutual_id = a.mutual_id AND p.account_id = a.account_id AND p.is_announced AND p.shown_by IS NULL
    AND sign(p.amount_minor) = sign(a.amount_minor) AND abs(w.booked_on - p.booked_on) <= :days
WHERE a.mutual_id = current_mutual() AND a.id = :line_id
  AND NOT EXISTS (SELECT FROM ledger_tx r WHERE r.mutual_id = p.mutual_id AND r.reverses = p.ledger_tx_id)
ORDER BY w.id, p.booked_on, p.id LIMIT 5000
"""


class Suggestion(NamedTuple):
    """What would explain a break."""

    code: str
    """``refund_member``, ``charge_reserve``, ``book_bank_charge``, ``place``, …"""
    lines: tuple[Line, ...]
    meaning: str
    resolution: str = POST_ENTRY
    """As what it is proposed."""
    member_id: int | None = None
    """For ``place``: whose the money may be."""
    fields: tuple[str, ...] = ()
    """What agreed."""
    statement_line_id: int | None = None
    """For ``shown_in_sum``: the line whose sum it may be in."""
    announced_line_ids: tuple[int, ...] = ()
    """For ``shown_in_sum``: the announcements that make it."""


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
    late = _lateness(a_break)
    if late:
        rest = [Line("expense:state-differences", minor - late)] if minor > late else []
        charged = (Line(LATE, late), *rest, Line("suspense:state", -minor))
        meaning = "The state charges for a payment after the due day: book it as what lateness cost the house"
        found.append(Suggestion("book_late_surcharge", charged, meaning))
    if a_break.kind == "bill_differs":
        code = "expense:state-differences" if minor > 0 else "income:state-differences"
        lines = (Line(code, minor), Line("suspense:state", -minor))
        found.append(Suggestion("book_difference", lines, "Book the difference as an expense or income of the house"))
    if a_break.kind == "bank_debit_unknown":
        lines = (Line("expense:bank-charges", -minor), Line("suspense:bank", minor))
        found.append(Suggestion("book_bank_charge", lines, "It is a charge of the bank"))
    if a_break.kind == "payout_stranger" and minor < 0:
        lines = (Line("suspense:mobile_money", -minor), Line(str(a_break.theirs["through"]), minor))
        found.append(
            Suggestion("book_unordered", lines, "It left our account: keep it apart until the provider gives it back")
        )
    if a_break.kind == "statement_line_odd":
        found.append(Suggestion(NO_ENTRY, (), "The entry is right as it was booked", NO_ENTRY))
    if a_break.kind == "announcement_unshown" and a_break.ours["matched_kind"] not in OWN_STEPS:
        found.append(Suggestion(TAKE_BACK, (), "The bank never booked it: take back what it was booked as", TAKE_BACK))
    return found


def _lateness(a_break: BreakRow) -> int:
    """Return what of a bill's difference the state asks for paying late; nothing where it is none, or more than the difference."""
    if a_break.kind != "bill_differs":
        return 0
    theirs = a_break.theirs.get("components") or {}
    late = sum(int(theirs.get(code, 0)) for code in LATENESS)
    return late if 0 < late <= a_break.amount_minor else 0


def suggest_members(session: Session, a_break: BreakRow) -> list[Suggestion]:
    """Return whose the money of a receipt in suspense may be, by the rules that are not sure or name several."""
    line_id = a_break.ours.get("statement_line_id")
    if a_break.kind != "receipt_suspense" or line_id is None:
        return []
    return [
        Suggestion(
            PLACE,
            (),
            f"{BY_CODE[row.rule].meaning}: {row.number}, {row.given_names} {row.first_surname}",
            PLACE,
            int(row.matched_id),
            tuple(row.fields),
        )
        for row in db.rows(session, queries.SUGGESTED, {"line_id": line_id})
    ]


def suggest_sums(session: Session, a_break: BreakRow) -> list[Suggestion]:
    """Return the lines in suspense that an announcement which nothing shows may stand in the sum of, with its other parts.

    Either everything that was announced together makes the line, or a few do in one way alone.
    """
    if a_break.kind != "announcement_unshown":
        return []
    lines: dict[int, list[Any]] = {}
    for row in db.rows(session, SUMS, {"line_id": a_break.subject_id, "days": ANNOUNCED_DAYS}):
        lines.setdefault(int(row.line_id), []).append(row)
    found = []
    for line_id, parts in lines.items():
        made = _parts_of(parts)
        ids = tuple(int(part.part_id) for part in made)
        if a_break.subject_id in ids:
            meaning = f"The statement shows it in line {line_id}, the sum of {len(ids)} announcements"
            fields = (f"amount = the sum of {len(ids)}", "days")
            found.append(Suggestion(SHOWN_IN_SUM, (), meaning, SHOWN_IN_SUM, None, fields, line_id, ids))
    return found


def _parts_of(parts: list[Any]) -> list[Any]:
    total = abs(parts[0].line_minor)
    groups: dict[str, list[Any]] = {}
    for part in parts:
        groups.setdefault(part.together, []).append(part)
    for group in (parts, *groups.values()):
        if sum(abs(part.part_minor) for part in group) == total:
            return group
    made = make_total(total, [abs(part.part_minor) for part in parts], fewest=1)
    return [parts[place] for place in made.parts] if made.ways == 1 else []
