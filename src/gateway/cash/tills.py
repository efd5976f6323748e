"""Register a till, and say what is in its drawer by the books."""

import re
from collections.abc import Collection
from typing import Any

from sqlmodel import Session

from gateway.cash import queries
from gateway.cash.errors import TillInvalidError, TillKnownError, UndepositedError
from gateway.cash.states import TillKind
from gateway.kit import audit, db, tenant
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.queries import current_balance

INSERT_TILL = """
-- at most one row: the new till's id; none where the code has one
INSERT INTO cash_till (code, name, kind, currency, created_by) VALUES (:code, :name, :kind, :currency, :actor)
ON CONFLICT (mutual_id, code) DO NOTHING RETURNING id
"""

IS_TILL = """
-- one row: whether any of the codes is a till's that has had a session
SELECT EXISTS (
    SELECT FROM cash_till t JOIN cash_session s ON s.mutual_id = t.mutual_id AND s.till_id = t.id
    WHERE t.mutual_id = current_mutual() AND t.code = ANY (CAST(:codes AS text[])))
"""

CODE = re.compile(r"cash:[a-z0-9-]{1,40}")


def register_till(session: Session, *, code: str, name: str, kind: TillKind, actor: str) -> Any:
    """Register a till and return it; from then on cash is taken into it in an open session only.

    Raises:
        TillInvalidError: Not a code of a cash account.
        TillKnownError: The code is a till's.
    """
    if CODE.fullmatch(code) is None:
        raise TillInvalidError(f"{code!r} is no till's code; expected cash: and letters, digits, dashes: cash:office")
    currency = tenant.current(session).currency
    open_accounts(session, [NewAccount(code)], currency)
    values = {"code": code, "name": name, "kind": kind.value, "currency": currency, "actor": actor}
    made = db.first(session, INSERT_TILL, values)
    if made is None:
        raise TillKnownError(f"{code} is a till already; GET /v1/tills lists them")
    audit.record(
        session,
        actor=actor,
        action="till.register",
        subject_kind="cash_till",
        subject_id=made.id,
        detail={"code": code},
    )
    return queries.get_till(session, int(made.id))


def in_drawer(session: Session, code: str) -> int:
    """Return what must be in a till's drawer, in minor units: its books, less what is set aside for the bank."""
    aside = int(db.scalar(session, queries.SET_ASIDE, {"code": code}))
    return current_balance(session, code) - aside


def require_unsupervised(session: Session, codes: Collection[str]) -> None:
    """Check that none of the accounts is a till with sessions, whose money leaves by a deposit of its sessions.

    Raises:
        UndepositedError: One is.
    """
    if any(code.startswith("cash:") for code in codes) and db.scalar(session, IS_TILL, {"codes": list(codes)}):
        raise UndepositedError(
            "the cash of this till is counted by session; bring it to the bank with POST /v1/cash-deposits"
        )
