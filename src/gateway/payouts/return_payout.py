"""Take back a payout that came home: days later, or because the provider reversed its own success."""

import datetime as dt

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post
from gateway.notices.write import write_once
from gateway.payouts import queries
from gateway.payouts.errors import PayoutNotFoundError, ReturnRefusedError
from gateway.payouts.queries import PayoutRow
from gateway.payouts.states import PAYOUT, PayoutEvent, PayoutStatus

MARK_RETURNED = """
-- no row: the payout came back
UPDATE payout SET status = :status, reason_code = :code, reason_text = :reason
WHERE mutual_id = current_mutual() AND id = :id
"""


def return_payout(
    session: Session,
    *,
    end_to_end_id: str,
    reason: str,
    actor: str,
    today: dt.date,
    code: str = "returned",
    account_code: str | None = None,
    evidence_id: int | None = None,
) -> PayoutRow:
    """Owe a paid payout's money to its member again and tell her; the next batch pays it under a new id. Again: no effect.

    Args:
        session: The open transaction.
        end_to_end_id: Our id of the payout.
        reason: Why it came back, in the provider's or the person's words.
        actor: Who found it.
        today: The day it is booked on.
        code: The provider's code.
        account_code: Where the money is now; the provider's float unless said otherwise.
        evidence_id: What proves it, where it was kept.

    Raises:
        PayoutNotFoundError: No payout has this id.
        ReturnRefusedError: It has not been paid, so it cannot have come back.
        PeriodClosedError: Today's month is closed in the books.
    """
    payout = queries.find_payout(session, end_to_end_id)
    if payout is None:
        raise PayoutNotFoundError(f"no payout has the end-to-end id {end_to_end_id!r}")
    if payout.status == PayoutStatus.RETURNED:
        return payout
    if not PAYOUT.allows(PayoutStatus(payout.status), PayoutEvent.RETURN):
        raise ReturnRefusedError(f"payout {end_to_end_id} is {payout.status}; only one that was paid can come back")
    _book(session, payout, account_code, reason, actor, today)
    status = PAYOUT.target(PayoutEvent.RETURN)
    db.run(session, MARK_RETURNED, {"id": payout.id, "status": status.value, "code": code, "reason": reason})
    audit.log_transition(
        session,
        subject_kind="payout",
        subject_id=payout.id,
        event=PayoutEvent.RETURN.value,
        from_state=payout.status,
        to_state=status.value,
        actor=actor,
        reason=reason,
        evidence_id=evidence_id,
    )
    told = {"mutual": tenant.current(session).name}
    write_once(session, member_id=payout.member_id, kind="payout_returned", key=f"payout:{payout.id}", text_params=told)
    return queries.get_payout(session, payout.id)


def _book(
    session: Session, payout: PayoutRow, account_code: str | None, reason: str, actor: str, today: dt.date
) -> None:
    owed = f"member:{payout.member_id}:benefits"
    account = account_code or queries.get_batch(session, payout.batch_id).provider
    open_accounts(session, [NewAccount(account), NewAccount(owed, "member", payout.member_id)], payout.currency)
    event = Event(
        key=f"payout:{payout.id}:return",
        kind="payout.return",
        valid_on=today,
        lines=[Line(account, payout.amount_minor), Line(owed, -payout.amount_minor)],
        actor=actor,
        reason=reason,
        evidence=f"payout:{payout.end_to_end_id}",
    )
    post(session, event)
