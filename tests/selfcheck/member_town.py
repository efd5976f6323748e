"""A mutual in which Ana is covered for March, Berta fell short and Carla is at the other mutual; and how they get in."""

import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session
from tests.filing.filing_town import assess, enrol, open_payroll, pay, sealed

from gateway.bank.sms import Carried
from gateway.filing.states import FilingStatus
from gateway.kit import db
from gateway.kit.db import Database
from gateway.selfcheck import sessions
from gateway.selfcheck.codes import Way, send_code

PHONE = "+18095550117"
OTHER_PHONE = "+18095550118"
TODAY = dt.date(2026, 3, 25)

ACCEPT = """
UPDATE filing_line SET status = 'accepted', state_accepted_minor = state_minor, answered_at = now() WHERE filing_id = :id
"""


@dataclass
class Post:
    """A carrier that keeps what it was given."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    def send(self, reference: str, to: str, text: str) -> Carried:
        self.sent.append((to, text))
        return Carried(reference, "sent")

    def find(self, reference: str) -> Carried | None:  # noqa: ARG002
        return None

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Town:
    """Who lives here."""

    ana: int
    """Covered for March; her telephone is ``PHONE``."""
    berta: int
    """Paid nothing; her telephone is ``OTHER_PHONE``."""
    identity: str
    """Ana's number."""


def build(database: Database) -> Town:
    """Make the town in mutual 1: two members of one payroll, March sealed with the one who paid, accepted."""
    with database.session(1) as session:
        payroll = open_payroll(session)
        ana, berta = enrol(session, payroll, 2)
        for member, phone in ((ana, PHONE), (berta, OTHER_PHONE)):
            db.run(session, "UPDATE member SET phone = :phone WHERE id = :id", {"phone": phone, "id": member})
        assess(session, payroll)
        pay(session, {ana: 500_000})
        filing = sealed(session, payroll)
        db.run(session, ACCEPT, {"id": filing.id})
        identity = db.scalar(
            session, "SELECT value FROM member_identity WHERE member_id = :id AND is_primary", {"id": ana}
        )
    assert filing.status == FilingStatus.SEALED
    return Town(ana, berta, identity)


def token_of(
    database: Database, member_id: int, phone: str = PHONE, *, mutual: int = 1, helper: int | None = None
) -> str:
    """Let somebody in without a code; return the access token."""
    with database.session(mutual) as session:
        given = sessions.start(session, member_id=member_id, helper_id=helper, phone=phone)
        return given.access_token


def deliver(database: Database, post: Post, mutual: int = 1) -> int:
    """Do what the worker would with every code that waits; return how many messages left."""

    def open_session() -> AbstractContextManager[Session]:
        return database.session(mutual)

    with database.session(mutual) as session:
        waiting = [row.id for row in db.rows(session, "SELECT id FROM access_code WHERE looked_at IS NULL ORDER BY id")]
    way = Way(open_session, post, "amparo", "Mutual Amparo", "worker:test")
    return sum(send_code(way, code_id) for code_id in waiting)


def codes_in(post: Post) -> Iterator[str]:
    """Give the six figures of each message."""
    for _to, text in post.sent:
        yield next(word.strip(".") for word in text.split() if word.strip(".").isdigit() and len(word.strip(".")) == 6)


def rows(database: Database, statement: str, **values: Any) -> list[Any]:
    """Ask mutual 1's database."""
    with database.session(1) as session:
        return db.rows(session, statement, values)
