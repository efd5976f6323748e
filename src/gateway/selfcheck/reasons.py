"""Why a month is covered or not, as a member is told it: a code, and a sentence of the catalogues. Pure."""

from typing import Any, NamedTuple

COVERED = "covered"
WAITING = "waiting"
NOT_COVERED = "not_covered"

OFFICE = "The mutual has not finished its work for you for this month. Ask at the office."

SENTENCES = {
    "accepted": "The state has accepted this month: you are covered.",
    "changed": "The state has accepted this month, with another amount: you are covered.",
    "state_has_not_answered": "Your month is with the state. Its answer has not come yet.",
    "filing_not_sealed": "The mutual is preparing this month for the state.",
    "not_prepared": "This month has not been sent to the state yet.",
    "rejected_by_state": "The state did not accept you this month. Your money came back to you. Ask at the office.",
    "no_money": "Nothing was paid for this month.",
    "short": "What was paid was not enough for this month.",
    "employer_short": "Your employer's money was not enough for this month.",
    "identity_incomplete": "Your papers are not complete. Bring your identity card to the office.",
    "dependant_incomplete": "The papers of somebody in your family are not complete. Come to the office.",
    "wage_missing": OFFICE,
    "not_assessed": OFFICE,
    "assessment_outdated": OFFICE,
    "earlier_payroll": OFFICE,
    "declared_elsewhere": "Somebody else declared you to the state this month. Ask at the office.",
    "on_leave": "You were on leave this month.",
    "left": "You had left the mutual.",
    "deceased": OFFICE,
    "not_enrolled": "You were not enrolled this month.",
}
"""One English sentence per reason; the catalogues translate it."""


class Verdict(NamedTuple):
    """How a month stands for a member."""

    standing: str
    reason: str
    state_code: str | None


def verdict(row: Any) -> Verdict:
    """Return how a month stands by what was said of a member last (``queries.COVERAGE``).

    Source:
        SRC-MONTH, cover begins with the state's acceptance; the same words as the month's own table.
    """
    if row.standing is None:
        return Verdict(WAITING, "not_prepared", None) if row.is_enrolled else Verdict(NOT_COVERED, "not_enrolled", None)
    if row.standing in {"accepted", "changed"}:
        return Verdict(COVERED, row.standing, None)
    if row.standing == "draft":
        return Verdict(WAITING, "filing_not_sealed", None)
    if row.standing == "waiting":
        return Verdict(WAITING, "state_has_not_answered", None)
    if row.standing == "rejected":
        return Verdict(NOT_COVERED, "rejected_by_state", row.state_code)
    return Verdict(NOT_COVERED, row.reason if row.reason in SENTENCES else "not_assessed", None)
