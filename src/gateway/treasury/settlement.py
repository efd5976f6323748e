"""Take a provider's settlement report: receive what we never heard of, take back what it took back, book its fee.

The net is a transfer of our own under the provider's reference, which the bank's one credit is matched to. What the report
and the books disagree on stays in the provider's clearing account, on a person's list.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from gateway.contributions.errors import ReceiptReversedError, ReceiptUsedError
from gateway.contributions.models import Channel
from gateway.contributions.receive import bare_identity, suspense_account
from gateway.contributions.receive_many import receive_staged
from gateway.contributions.reference import find_references
from gateway.contributions.reverse import reverse_receipt
from gateway.kit import audit, bulk, db, evidence, tenant
from gateway.kit.money import CurrencyError
from gateway.kit.progress import Tell, silent
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.periods import is_closed
from gateway.ledger.post import Event, Line, post
from gateway.reconciliation.transfer import NewTransfer, order_transfer
from gateway.treasury import queries
from gateway.treasury import settlement_queries as sql
from gateway.treasury.errors import SettlementRepeatedError
from gateway.treasury.settlement_file import Settlement, SettlementLine, contradiction, read_settlement
from gateway.treasury.states import SettlementLineFate, SettlementStatus

KIND = "payer.settlement"
_TABLES = ("settlement_staged", "settlement_sign", "settlement_fate", "settlement_whose", "settlement_new")


def load_settlement(
    session: Session,
    *,
    body: bytes,
    file_name: str,
    provider: str,
    bank_code: str,
    actor: str,
    today: dt.date,
    tell: Tell = silent,
) -> Any:
    """Read a report, book what it says, and return it; the same report again has no effect.

    A report that contradicts itself is kept and put aside: nothing of it is used.

    Args:
        session: The open transaction.
        body: The whole file.
        file_name: As it came.
        provider: For example ``momo:orange``.
        bank_code: The bank account the provider pays into.
        actor: Who loads it.
        today: The day; nothing is booked on a day after it.
        tell: Told how far it is: read, compare, book.

    Raises:
        SettlementUnreadableError, FileUnreadableError: No report.
        SettlementRepeatedError: The reference stands on a report with other content.
        CurrencyError: Not the mutual's currency.
        UnknownBankAccountError: No such bank account.
    """
    tell("read", 0, None)
    found = read_settlement(body, file_name)
    mutual = tenant.current(session)
    if found.currency.code != mutual.currency:
        raise CurrencyError(f"the report is in {found.currency.code}, the mutual keeps its money in {mutual.currency}")
    known = db.first(session, queries.BOOKED_SETTLEMENT, {"provider": provider, "reference": found.reference})
    if known is not None:
        if known.sha256 != found.sha256:
            raise SettlementRepeatedError(f"{found.reference!r} of {provider} was loaded with other content")
        return queries.get_settlement(session, known.id)
    kept = evidence.keep(
        session, kind=KIND, source=provider, media_type="application/octet-stream", body=body, about={"file": file_name}
    )
    wrong = contradiction(found)
    settlement_id = _write(session, found, provider, kept, wrong, actor)
    if wrong is None:
        with bulk.without_nested_loops(session):
            _book(session, found, settlement_id, provider, bank_code, actor, today, tell)
    audit.record(
        session,
        actor=actor,
        action="settlement.load",
        subject_kind="provider_settlement",
        subject_id=settlement_id,
        reason=wrong,
        detail={"provider": provider, "reference": found.reference, "lines": len(found.lines)},
    )
    return queries.get_settlement(session, settlement_id)


def _write(session: Session, found: Settlement, provider: str, evidence_id: int, wrong: str | None, actor: str) -> int:
    status = SettlementStatus.BOOKED if wrong is None else SettlementStatus.QUARANTINED
    values = {
        "provider": provider,
        "reference": found.reference,
        "settled_on": found.settled_on,
        "currency": found.currency.code,
        "gross_minor": found.gross_minor,
        "fee_minor": found.fee_minor,
        "net_minor": found.net_minor,
        "line_count": len(found.lines),
    }
    more = {"status": status.value, "reason": wrong, "sha256": found.sha256, "evidence_id": evidence_id, "actor": actor}
    return int(db.scalar(session, sql.INSERT_SETTLEMENT, {**values, **more}))


def _book(
    session: Session,
    found: Settlement,
    settlement_id: int,
    provider: str,
    bank: str,
    actor: str,
    today: dt.date,
    tell: Tell,
) -> None:
    tell("compare", 0, None)
    clearing, suspense = f"{provider}:clearing", suspense_account(Channel.MOBILE_MONEY)
    open_accounts(session, [NewAccount(clearing), NewAccount(suspense)], found.currency.code)
    for table in (*_TABLES, "settlement_undone"):
        bulk.execute(session, f"DROP TABLE IF EXISTS pg_temp.{table}")
    bulk.stage(session, "settlement_staged", sql.STAGED, _staged(session, found, today))
    values = {"source": provider, "clearing": clearing, "suspense": suspense, "settlement_id": settlement_id}
    bulk.execute(session, sql.FATES, values)
    bulk.stage(session, "settlement_sign", sql.SIGNS, _signs(session))
    for statement in (sql.WHOSE, "ANALYZE settlement_whose", sql.NEW_PAYMENTS, "ANALYZE settlement_new"):
        bulk.execute(session, statement, values if "%(" in statement else None)
    tell("book", 0, None)
    receive_staged(session, "settlement_new", actor=actor)
    bulk.stage(session, "settlement_undone", sql.UNDONE, _undone(session, values, actor, today))
    bulk.execute(session, sql.INSERT_LINES, values)
    off = db.driver(session).execute(sql.OPEN_LINES.encode(), values).fetchone() or (0, 0)
    day = today if found.settled_on > today or is_closed(session, found.settled_on) else found.settled_on
    done = {
        "settlement_id": settlement_id,
        "transfer_id": _order(session, found, clearing, bank, actor, day, today),
        "fee_tx_id": _fee(session, found, provider, actor, day),
        "open_count": off[0],
        "open_minor": off[1],
    }
    db.run(session, sql.FINISH, done)


def _staged(session: Session, found: Settlement, today: dt.date) -> Iterator[tuple[Any, ...]]:
    zone = ZoneInfo(tenant.current(session).time_zone)
    closed: dict[dt.date, bool] = {}

    def day_of(line: SettlementLine) -> dt.date:
        day = found.settled_on if line.created_at is None else line.created_at.astimezone(zone).date()
        month = day.replace(day=1)
        if month not in closed:
            closed[month] = is_closed(session, month)
        return today if day > today or closed[month] else day

    rows = [(*line[:4], line.text, line.phone, day_of(line)) for line in found.lines]
    return ((number, *row) for number, row in enumerate(rows, start=1))


def _signs(session: Session) -> list[tuple[int, int, str]]:
    signs: set[tuple[int, int, str]] = set()
    unknown = "SELECT line_no, text, phone FROM settlement_fate WHERE NOT is_reversal AND receipt_id IS NULL"
    for rows in bulk.read_chunks(session, unknown):
        for line_no, text, phone in rows:
            signs |= {(line_no, 1, reference[4:]) for reference in find_references(text)}
            words = {bare_identity(word) for word in text.replace(",", " ").split()} | set(text.split())
            signs |= {(line_no, 2, word) for word in words if len(word) > 2}
            if phone:
                signs.add((line_no, 3, phone))
    return sorted(signs)


def _undone(
    session: Session, values: dict[str, Any], actor: str, today: dt.date
) -> list[tuple[int, str, str | None, int]]:
    done = []
    for line_no, receipt_id, is_taken_back, is_whole in (
        db.driver(session).execute(sql.REVERSALS.encode(), values).fetchall()
    ):
        detail = None if is_whole else "the payment was received with another amount"
        if is_whole and not is_taken_back:
            detail = _take_back(session, receipt_id, actor, today)
        fate = SettlementLineFate.TAKEN_BACK if detail is None else SettlementLineFate.OPEN
        done.append((line_no, fate.value, detail, receipt_id))
    return done


def _take_back(session: Session, receipt_id: int, actor: str, today: dt.date) -> str | None:
    try:
        with session.begin_nested():
            reverse_receipt(session, receipt_id, reason="the provider took it back", actor=actor, today=today)
    except ReceiptReversedError:
        return None
    except ReceiptUsedError as refusal:
        return refusal.detail
    return None


def _order(
    session: Session, found: Settlement, clearing: str, bank: str, actor: str, day: dt.date, today: dt.date
) -> int | None:
    if found.net_minor == 0:
        return None
    transfer = NewTransfer(clearing, bank, found.net_minor, found.currency.code, day, found.reference)
    return order_transfer(session, transfer, actor=actor, today=today).id


def _fee(session: Session, found: Settlement, provider: str, actor: str, day: dt.date) -> int | None:
    if found.fee_minor == 0:
        return None
    account = f"expense:fees:{provider.removeprefix('momo:')}"
    open_accounts(session, [NewAccount(account)], found.currency.code)
    event = Event(
        key=f"settlement:{provider}:{found.reference}:fee",
        kind="settlement.fee",
        valid_on=day,
        lines=[Line(account, found.fee_minor), Line(f"{provider}:clearing", -found.fee_minor)],
        actor=actor,
        evidence=f"settlement:{found.reference}",
    )
    return post(session, event).tx_id
