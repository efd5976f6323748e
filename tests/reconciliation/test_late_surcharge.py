"""What the state charges for lateness is shown as that, and ends in an account of its own by two people's word."""

import pytest
from tests.filing.filing_town import TODAY, payroll_of
from tests.filing.notices import accepted, notice
from tests.filing.test_bill_against_ours import LATE as AFTER_DUE
from tests.filing.test_bill_against_ours import take

from gateway.kit.db import Database
from gateway.ledger.queries import current_balance
from gateway.reconciliation.breaks import refresh_breaks
from gateway.reconciliation.many import propose_many, resolve_many
from gateway.reconciliation.queries import list_breaks
from gateway.reconciliation.suggest import LATE, suggest


@pytest.mark.parametrize(("more", "other"), [({"surcharges": 9_000}, 0), ({"interest": 400, "work_risk": 150}, 150)])
def test_a_late_surcharge_goes_to_its_own_expense_and_not_among_other_differences(
    database: Database, more: dict[str, int], other: int
) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 1)
        _, reference = accepted(session, payroll_id)
        take(session, notice([reference], lines=1, **more), AFTER_DUE)
        refresh_breaks(session, today=AFTER_DUE)
        (found,) = list_breaks(session, status="open", kind="bill_differs", before=10**9, limit=9)
        assert "book_late_surcharge" in [one.code for one in suggest(found)]
        told = {"suggestion": "book_late_surcharge", "reason": "paid after the sixth"}
        propose_many(session, [found.id], actor="staff:ana", **told)
        resolve_many(
            session, [found.id], is_approved=True, reason="", valid_on=AFTER_DUE, actor="staff:berta", today=AFTER_DUE,
            is_supervisor=False,
        )  # fmt: skip
        held = [current_balance(session, code) for code in (LATE, "suspense:state")]
        assert held == [sum(more.values()) - other, 0]
        assert not other or current_balance(session, "expense:state-differences") == other


def test_a_difference_that_is_no_lateness_is_not_offered_as_one(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 1)
        _, reference = accepted(session, payroll_id)
        take(session, notice([reference], lines=1, work_risk=150), TODAY)
        refresh_breaks(session, today=TODAY)
        (found,) = list_breaks(session, status="open", kind="bill_differs", before=10**9, limit=9)
        assert "book_late_surcharge" not in [one.code for one in suggest(found)]
