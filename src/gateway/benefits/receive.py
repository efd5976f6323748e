"""Record the state's advice of benefits, and the bank's money that belongs to it."""

import datetime as dt
from collections.abc import Iterable

from sqlmodel import Session

from gateway.authority.protocol import Advice, AdviceLine
from gateway.benefits import queries, rules
from gateway.benefits.errors import MoneyMissingError, RemittanceNotFoundError
from gateway.benefits.queries import RemittanceRow
from gateway.benefits.states import REMITTANCE, LineStatus, RemittanceEvent, RemittanceStatus
from gateway.kit import audit, bulk, db
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, Posted, post

_STAGED = {
    "line_no": "int4",
    "document_kind": "text",
    "document": "text",
    "benefit_kind": "text",
    "claim_reference": "text",
    "instalment": "int4",
    "instalment_count": "int4",
    "period_start": "date",
    "amount_minor": "int8",
}


def totals_of(advice: Advice) -> rules.ControlTotals:
    """Return an advice's control totals."""
    return rules.ControlTotals(
        advice.remittance_id, advice.employer, advice.currency, advice.line_count, advice.total_minor
    )


def record_advice(
    session: Session,
    advice: Advice,
    lines: Iterable[AdviceLine],
    *,
    advised_on: dt.date,
    evidence_id: int,
    actor: str,
    problem: str | None = None,
) -> RemittanceRow:
    """Record an advice and its lines; one that contradicts itself goes to quarantine, without lines.

    A second run changes nothing, except that a good advice takes the place of one in quarantine.

    Args:
        session: The open transaction.
        advice: What the state advises.
        lines: Its lines, in any order; read once.
        advised_on: The day of the advice where the mutual is.
        evidence_id: The advice as it came.
        actor: Who records it.
        problem: What was seen to be wrong with it before.
    """
    earlier = db.first(session, queries.LOCK_BY_AUTHORITY_REFERENCE, {"reference": advice.remittance_id})
    if earlier is not None and earlier.status != RemittanceStatus.QUARANTINED:
        return RemittanceRow(*earlier)
    bulk.stage(
        session,
        "advised_line",
        _STAGED,
        (_staged(line) for line in lines),
        analyze=("line_no",),
    )
    counted = rules.Counted(*db.one(session, queries.COUNT_STAGED))
    problem = problem or rules.lines_problem(totals_of(advice), counted)
    status = RemittanceStatus.QUARANTINED if problem else RemittanceStatus.ADVISED
    values = {
        "authority_reference": advice.remittance_id,
        "transfer_reference": advice.end_to_end_id,
        "status": status.value,
        "employer": advice.employer,
        "currency": advice.currency,
        "total_minor": advice.total_minor,
        "line_count": advice.line_count,
        "advised_on": advised_on,
        "advised_at": advice.advised_at,
        "evidence_id": evidence_id,
        "problem": problem,
    }
    if earlier is not None:
        remittance_id = int(earlier.id)
        db.run(session, queries.REPLACE_QUARANTINED, {**values, "id": remittance_id})
    else:
        made = db.first(session, queries.INSERT_REMITTANCE, values)
        if made is None:  # another worker recorded it between our look and our insert
            return RemittanceRow(
                *db.one(session, queries.LOCK_BY_AUTHORITY_REFERENCE, {"reference": advice.remittance_id})
            )
        remittance_id = int(made.id)
    if problem is None:
        statuses = {"matched": LineStatus.MATCHED.value, "unmatched": LineStatus.UNMATCHED.value}
        with bulk.without_nested_loops(session, advice.line_count):
            bulk.execute(session, queries.INSERT_LINES, {"remittance_id": remittance_id, **statuses})
        open_accounts(session, [NewAccount(undistributed(advice.remittance_id))], advice.currency)
    if earlier is None or problem is None:
        _log_recorded(session, remittance_id, earlier is not None, status, actor, problem, evidence_id)
    return queries.get_remittance(session, remittance_id)


def undistributed(authority_reference: str) -> str:
    """Return the account on which a remittance's money waits until it is allotted."""
    return f"state:{authority_reference}:undistributed"


def find_by_transfer(session: Session, reference: str) -> RemittanceRow | None:
    """Return the remittance whose money comes under this end-to-end id, or None."""
    row = db.first(session, queries.REMITTANCE_BY_TRANSFER, {"reference": reference})
    return None if row is None else RemittanceRow(*row)


def fund(
    session: Session,
    *,
    transfer_reference: str,
    amount_minor: int,
    booked_on: dt.date,
    statement_line_id: int | None,
    bank_code: str,
    actor: str,
    key: str | None = None,
    reason: str | None = None,
) -> RemittanceRow:
    """Book money that came for a remittance; once per statement line, whatever it amounts to.

    Where all of it is not what was advised, the remittance ``differs``: the money stays on its clearing account,
    nothing is allotted, and more money (or a correction) under the same end-to-end id is added. To explain a
    difference, fund it from the account that bears it: ``bank_code`` may be any account, the amount below zero to
    take a surplus away.

    Args:
        session: The open transaction.
        transfer_reference: End-to-end id of the state's transfer.
        amount_minor: What came; never zero.
        booked_on: The day the bank booked it.
        statement_line_id: The statement line that proves it; None for a correction, which then needs ``key``.
        bank_code: Ledger account the money is on.
        actor: Who books it.
        key: Stable identity of a correction, for example ``break:17``.
        reason: Why, for a correction.

    Raises:
        RemittanceNotFoundError: No remittance has this end-to-end id.
        MoneyMissingError: Neither a statement line nor a key says what this money is.
    """
    if statement_line_id is None and key is None:
        raise MoneyMissingError("money for a remittance needs its statement line, or the key of what it corrects")
    found = find_by_transfer(session, transfer_reference)
    if found is None:
        raise RemittanceNotFoundError(f"no remittance is awaited under the end-to-end id {transfer_reference!r}")
    remittance = queries.get_remittance(session, found.id, lock=True)
    source = f"statement-line:{statement_line_id}" if key is None else key
    posted = _post_funds(session, remittance, source, amount_minor, booked_on, bank_code, actor, reason)
    if posted.is_new:
        _add_funds(session, remittance, amount_minor, booked_on, actor, reason)
    return queries.get_remittance(session, remittance.id)


def _staged(line: AdviceLine) -> tuple[object, ...]:
    return (
        line.line,
        line.holder_document_kind,
        rules.bare_document(line.holder_document),
        line.benefit,
        line.claim_reference,
        line.instalment,
        line.instalment_count,
        line.period.start,
        line.amount_minor,
    )


def _post_funds(
    session: Session,
    remittance: RemittanceRow,
    source: str,
    amount_minor: int,
    booked_on: dt.date,
    bank_code: str,
    actor: str,
    reason: str | None,
) -> Posted:
    event = Event(
        key=f"remittance:{remittance.id}:funds:{source}",
        kind="benefit.fund",
        valid_on=booked_on,
        lines=[Line(bank_code, amount_minor), Line(undistributed(remittance.authority_reference), -amount_minor)],
        actor=actor,
        reason=reason,
        evidence=source,
    )
    return post(session, event)


def _add_funds(
    session: Session,
    remittance: RemittanceRow,
    amount_minor: int,
    booked_on: dt.date,
    actor: str,
    reason: str | None,
) -> None:
    status = RemittanceStatus(remittance.status)
    agrees = (remittance.funded_minor or 0) + amount_minor == remittance.total_minor
    event = RemittanceEvent.FUND if agrees else RemittanceEvent.FUND_DIFFERENTLY
    # Money for what is allotted already changes no status: it shows as a difference, and on the clearing account.
    after = status if status == RemittanceStatus.ALLOTTED else REMITTANCE.advance(status, event)
    db.run(
        session,
        queries.ADD_FUNDS,
        {"id": remittance.id, "amount_minor": amount_minor, "booked_on": booked_on, "status": after.value},
    )
    audit.log_transition(
        session,
        subject_kind="remittance",
        subject_id=remittance.id,
        event=event.value,
        from_state=status.value,
        to_state=after.value,
        actor=actor,
        reason=reason,
    )


def _log_recorded(
    session: Session,
    remittance_id: int,
    is_mended: bool,
    status: RemittanceStatus,
    actor: str,
    problem: str | None,
    evidence_id: int,
) -> None:
    audit.log_transition(
        session,
        subject_kind="remittance",
        subject_id=remittance_id,
        event=RemittanceEvent.MEND.value if is_mended else "record",
        from_state=RemittanceStatus.QUARANTINED.value if is_mended else "",
        to_state=status.value,
        actor=actor,
        reason=problem,
        evidence_id=evidence_id,
    )
