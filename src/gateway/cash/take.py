"""Take cash: a receipt into a registered till is issued in the open session of whoever issues it."""

import datetime as dt

from sqlmodel import Session

from gateway.cash.errors import SessionNeededError
from gateway.contributions.queries import ReceiptRow
from gateway.contributions.receive import NewReceipt, receive
from gateway.kit import db

LINK = """
-- one row: whether the account is a till that is in use, and whether the receipt was put into the person's open session;
-- the session is held so that it is not counted before this receipt is in it
WITH till AS (
    SELECT id FROM cash_till WHERE mutual_id = current_mutual() AND code = :code AND is_active
), mine AS MATERIALIZED (
    SELECT s.id FROM cash_session s
    WHERE s.mutual_id = current_mutual() AND s.holder = :holder AND s.status = 'open'
      AND s.till_id = (SELECT id FROM till)
    FOR KEY SHARE
), linked AS (
    INSERT INTO cash_session_receipt (session_id, receipt_id) SELECT id, :receipt_id FROM mine RETURNING 1
)
SELECT EXISTS (SELECT FROM till) AS is_till, EXISTS (SELECT FROM linked) AS is_linked
"""


def receive_cash(session: Session, new: NewReceipt, *, actor: str, today: dt.date) -> ReceiptRow:
    """Receive a payment as ``receive`` does; cash for a registered till needs the actor's open session there.

    Raises:
        SessionNeededError: The account is a till and the actor has no open session at it. Nothing was written.
        Others: As ``receive``.
    """
    receipt = receive(session, new, actor=actor, today=today)
    if new.account_code.startswith("cash:") and receipt.is_new:
        link_receipt(session, receipt, holder=actor)
    return receipt


def link_receipt(session: Session, receipt: ReceiptRow, *, holder: str) -> None:
    """Put a receipt that was just written into its holder's open session, where its account is a till.

    Raises:
        SessionNeededError: It is a till and the holder has no open session at it.
    """
    values = {"code": receipt.account_code, "holder": holder, "receipt_id": receipt.id}
    is_till, is_linked = db.single(session, LINK, values)
    if is_till and not is_linked:
        raise SessionNeededError(
            f"{receipt.account_code} is a till; open a session at it with POST /v1/cash-sessions, then take the money"
        )
