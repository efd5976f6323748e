"""Give a remittance to the members it belongs to, all of it in one ledger transaction."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.benefits import queries
from gateway.benefits.errors import MoneyMissingError
from gateway.benefits.queries import RemittanceRow
from gateway.benefits.receive import undistributed
from gateway.benefits.recover import follow_remittance
from gateway.benefits.states import LINE, REMITTANCE, LineEvent, RemittanceEvent, RemittanceStatus
from gateway.kit import audit, bulk, db
from gateway.kit.money import currency_of, format_amount, plain_amount
from gateway.ledger.accounts import NewAccount, open_accounts, open_for_owners
from gateway.ledger.bulk import Head, post_lines
from gateway.ledger.errors import UnknownAccountError

SUSPENSE = "suspense:benefits"


class Allotted(NamedTuple):
    """What became of a remittance."""

    remittance: RemittanceRow
    is_new: bool
    """False where it had been allotted before; nothing was written then."""


def allot(session: Session, remittance_id: int, *, actor: str, today: dt.date) -> Allotted:
    """Match every line to a member by identity and credit the members; what nobody knows goes to suspense.

    Few statements whatever the number of lines. A second run has no effect.

    Raises:
        RemittanceNotFoundError: No such remittance.
        MoneyMissingError: The money is not here, or is not as much as was advised.
    """
    remittance = queries.get_remittance(session, remittance_id, lock=True)
    if remittance.status == RemittanceStatus.ALLOTTED:
        return Allotted(remittance, is_new=False)
    if not REMITTANCE.allows(RemittanceStatus(remittance.status), RemittanceEvent.ALLOT):
        raise MoneyMissingError(_what_is_missing(remittance))
    suspense_minor = _look_again(session, remittance)
    common = [NewAccount(SUSPENSE), NewAccount(undistributed(remittance.authority_reference))]
    open_accounts(session, common, remittance.currency)
    tx_id = _post(session, remittance, suspense_minor, actor, today)
    _mark_allotted(session, remittance, tx_id, suspense_minor, actor)
    follow_remittance(session, remittance_id, actor=actor, today=today)
    return Allotted(queries.get_remittance(session, remittance_id), is_new=True)


def _look_again(session: Session, remittance: RemittanceRow) -> int:
    values = {
        "remittance_id": remittance.id,
        "matched": LINE.target(LineEvent.MATCH).value,
        # What loses its match is unmatched for no longer than this statement.
        "suspense": LINE.target(LineEvent.SUSPEND).value,
        "sources": sorted({*LINE.sources(LineEvent.MATCH), *LINE.sources(LineEvent.LOSE_MATCH)}),
    }
    with bulk.without_nested_loops(session, remittance.line_count):
        return int(bulk.one(session, queries.LOOK_AGAIN, values)[0])


def _post(session: Session, remittance: RemittanceRow, suspense_minor: int, actor: str, today: dt.date) -> int:
    head = Head(
        key=f"remittance:{remittance.id}:allotment",
        kind="benefit.allot",
        valid_on=today,
        actor=actor,
        evidence=f"evidence:{remittance.evidence_id}",
    )
    values = {
        "remittance_id": remittance.id,
        "currency": remittance.currency,
        "suspense": SUSPENSE,
        "suspense_minor": suspense_minor,
        "waiting_on": undistributed(remittance.authority_reference),
        "total_minor": remittance.total_minor,
    }
    with bulk.without_nested_loops(session, remittance.line_count):
        try:
            with session.begin_nested():
                return post_lines(session, head, queries.ALLOTMENT_ENTRIES, values).tx_id
        except UnknownAccountError:
            # Who is enrolled has her account; to look for those who have none would take as long as booking a part of it.
            missing = db.rows(session, queries.MEMBERS_WITHOUT_ACCOUNT, {"remittance_id": remittance.id})
            open_for_owners(
                session, "member:{}:benefits", "member", [row.member_id for row in missing], remittance.currency
            )
            return post_lines(session, head, queries.ALLOTMENT_ENTRIES, values).tx_id


def _mark_allotted(session: Session, remittance: RemittanceRow, tx_id: int, suspense_minor: int, actor: str) -> None:
    status = REMITTANCE.target(RemittanceEvent.ALLOT)
    values = {"remittance_id": remittance.id, "status": status.value, "tx_id": tx_id, "suspense_minor": suspense_minor}
    members = db.one(session, queries.MARK_ALLOTTED, values).members
    audit.log_transition(
        session,
        subject_kind="remittance",
        subject_id=remittance.id,
        event=RemittanceEvent.ALLOT.value,
        from_state=remittance.status,
        to_state=status.value,
        actor=actor,
        reason=f"{remittance.line_count} lines for {members} members; {plain_amount(suspense_minor, remittance.currency)} to suspense",
    )


def _what_is_missing(remittance: RemittanceRow) -> str:
    currency = currency_of(remittance.currency)
    came = format_amount(remittance.funded_minor or 0, currency)
    advised = format_amount(remittance.total_minor, currency)
    if remittance.status == RemittanceStatus.QUARANTINED:
        return f"remittance {remittance.id} is in quarantine: {remittance.problem}; ask the state for a good advice"
    return (
        f"remittance {remittance.id} advises {remittance.currency} {advised} and {came} has come; "
        "wait for the bank's statement, or book the difference first"
    )
