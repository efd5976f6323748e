"""A mutual with tills, people who hold them, and members who pay."""

import datetime as dt
import uuid
from typing import Any

from sqlmodel import Session
from tests.contributions.people import make_members

from gateway.cash.count import count_session
from gateway.cash.open_session import open_session
from gateway.cash.rules import Pieces
from gateway.cash.start_round import start_round
from gateway.cash.states import TillKind
from gateway.cash.tills import register_till
from gateway.contributions.models import Channel
from gateway.contributions.receive import NewLine, NewReceipt
from gateway.kit import db
from gateway.kit.period import Period
from gateway.ledger.queries import current_balance
from gateway.staff import queries as staff

TODAY = dt.date(2026, 3, 20)
OFFICE, BAG, OTHER_BAG = "cash:oficina", "cash:ruta-1", "cash:ruta-2"
CARMEN, ROSA, ABEL = "staff:carmen", "staff:rosa", "staff:abel"


def settle_in(session: Session, members: int = 3) -> list[int]:
    """Register a counter's till and two collectors' bags, take rosa and pilar on, and return the members' ids."""
    for code, kind in ((OFFICE, TillKind.COUNTER), (BAG, TillKind.ROUTE), (OTHER_BAG, TillKind.ROUTE)):
        register_till(session, code=code, name=code, kind=kind, actor=ABEL)
    for name in ("rosa", "pilar"):
        values = {"username": name, "full_name": name, "roles": ["collector"], "language": "es", "password_hash": "x"}
        db.one(session, staff.INSERT_USER, values)
    return make_members(session, members)


def opened(session: Session, till: str = OFFICE, holder: str = CARMEN, float_minor: int = 0, **more: Any) -> Any:
    """Open a session with an empty drawer."""
    values = {"till_code": till, "float_minor": float_minor, "holder": holder, "actor": holder, "today": TODAY}
    return open_session(session, **{**values, **more})


def counted(session: Session, number: int, total_minor: int, **more: Any) -> Any:
    """Count a drawer as one sum of small change."""
    values = {"pieces": [], "loose_minor": total_minor, "kept_minor": 0, "reason": None, "may_for_others": False}
    return count_session(session, number, **{**values, "actor": CARMEN, "today": TODAY, **more})


def payment(reference: str, member_id: int, amount_minor: int, till: str = OFFICE) -> NewReceipt:
    """A member's payment over the counter."""
    lines = [NewLine(member_id)]
    return NewReceipt("api:carmen", reference, Channel.CASH.value, till, amount_minor, "DOP", TODAY, lines)


def round_of(session: Session, collector: str = "rosa", till: str = BAG, count: int = 20, **more: Any) -> Any:
    """Send a collector on her way with an empty bag."""
    values = {
        "collector": collector,
        "till_code": till,
        "period": Period(2026, 3),
        "float_minor": 0,
        "float_from": None,
    }
    return start_round(session, **{**values, "receipt_count": count, "actor": ABEL, "today": TODAY, **more})


def paper(number: str, member: str, amount: str = "100.00", **more: Any) -> dict[str, Any]:
    """A receipt as a telephone sends it."""
    issued_at = "2026-03-20T09:15:00-04:00"
    made = {"id": str(uuid.uuid4()), "number": number, "member": member, "amount": amount, "currency": "DOP"}
    return {**made, "issued_at": issued_at, **more}


def held(session: Session, code: str) -> int:
    """What an account holds now."""
    return current_balance(session, code)


__all__ = ["Pieces"]
