"""Take cash: a receipt into a registered till is issued in the open session of whoever issues it."""

import datetime as dt

from sqlmodel import Session

from gateway.cash.errors import SessionNeededError
from gateway.contributions.queries import ReceiptRow
from gateway.contributions.receive import Beside, NewReceipt, receive, receive_beside

AT_TILL = Beside(
    parts=""", till AS (
    -- At most one row: the account, where it is a till in use.
    SELECT id FROM cash_till WHERE mutual_id = current_mutual() AND code = :account_code AND is_active
), mine AS MATERIALIZED (
    -- At most one row: the person's open session, held so that it is not counted before this receipt is in it.
    SELECT s.id FROM cash_session s
    WHERE s.mutual_id = current_mutual() AND s.holder = :holder AND s.status = 'open'
      AND s.till_id = (SELECT id FROM till)
    FOR KEY SHARE
), linked AS (
    INSERT INTO cash_session_receipt (session_id, receipt_id) SELECT mine.id, receipt.id FROM mine CROSS JOIN receipt RETURNING 1
)""",
    asked=", EXISTS (SELECT FROM till), EXISTS (SELECT FROM linked)",
)
"""Puts a receipt into its holder's open session; asks whether its account is a till and whether it is in a session."""


def receive_cash(session: Session, new: NewReceipt, *, actor: str, today: dt.date) -> ReceiptRow:
    """Receive a payment as ``receive`` does; cash for a registered till needs the actor's open session there.

    Raises:
        SessionNeededError: The account is a till and the actor has no open session at it. Nothing was written.
        Others: As ``receive``.
    """
    if not new.account_code.startswith("cash:"):
        return receive(session, new, actor=actor, today=today)
    receipt, told = receive_beside(session, new, AT_TILL, {"holder": actor}, actor=actor, today=today)
    if told == (True, False):
        raise SessionNeededError(
            f"{new.account_code} is a till; open a session at it with POST /v1/cash-sessions, then take the money"
        )
    return receipt
