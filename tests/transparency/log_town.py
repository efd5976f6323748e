"""Members of one payroll whose money is in the books, filed and answered; and how their log is sealed."""

import datetime as dt
import time
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.filing.filing_town import COST, assess, enrol, open_payroll, pay, sealed

from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.seal import seal
from gateway.transparency.seal import Logged, seal_log

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NEXT_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
URL = "https://mutual.example"
ORIGIN = "mutual.example/v1/transparency/amparo"
DAY = dt.date(2026, 3, 25)
PHONES = [f"+1809555{number:04d}" for number in range(7)]

ANSWER = """
UPDATE filing_line SET status = CASE WHEN member_id = :refused THEN 'rejected' ELSE 'accepted' END,
    state_code = CASE WHEN member_id = :refused THEN '24' END, state_accepted_minor = state_minor, answered_at = now()
WHERE filing_id = :filing
"""
ANSWER_FILE = "UPDATE filing_document SET status = 'partial', answered_at = now(), reception_reference = 'R-77' WHERE filing_id = :f"

HORIZON = """
SELECT max(written_xid::text::numeric) < pg_snapshot_xmin(pg_current_snapshot())::text::numeric FROM ledger_tx
"""


@dataclass(frozen=True)
class Town:
    """Seven members: each paid by herself, three more by one receipt of their treasurer; the last was refused."""

    members: list[int]
    filing: int
    shared: int
    """The receipt that three of them share."""

    @property
    def ana(self) -> int:
        """Paid by herself and through the treasurer; accepted."""
        return self.members[0]

    @property
    def refused(self) -> int:
        """The state refused her line."""
        return self.members[-1]


def build(database: Database) -> Town:
    """Make the town in mutual 1; nothing is sealed into the log yet."""
    with database.session(1) as session:
        payroll = open_payroll(session)
        members = enrol(session, payroll, 7)
        for member, phone in zip(members, PHONES, strict=True):
            db.run(session, "UPDATE member SET phone = :phone WHERE id = :id", {"phone": phone, "id": member})
        assess(session, payroll)
        pay(session, {members[5]: 100}, on=dt.date(2026, 3, 9))
    seal_books(database)
    with database.session(1) as session:
        for place, member in enumerate(members):
            pay(session, {member: COST + 100 * place}, on=dt.date(2026, 3, 10))
        pay(session, {members[0]: 11_111, members[1]: 22_222, members[2]: 33_333}, on=dt.date(2026, 3, 12))
        shared = db.scalar(session, "SELECT max(id) FROM contribution_receipt")
        filing = sealed(session, payroll)
        db.run(session, ANSWER, {"refused": members[-1], "filing": filing.id})
        db.run(session, ANSWER_FILE, {"f": filing.id})
    return Town(members, filing.id, shared)


def seal_books(database: Database, mutual: int = 1) -> None:
    """Seal the ledger, once what was booked can be: transactions of other tests on the same server hold it back."""
    end = time.monotonic() + 60
    while True:
        with database.session(mutual) as session:
            if db.scalar(session, HORIZON) is not False:
                break
        assert time.monotonic() < end, "the horizon never passed"
        time.sleep(0.05)
    with database.session(mutual) as session:
        seal(session, today=DAY, key=KEY)


def log(database: Database, *keys: Ed25519PrivateKey, mutual: int = 1) -> Logged:
    """Bring the log up to date, signed by these keys."""
    with database.session(mutual) as session:
        return seal_log(session, today=DAY, keys=keys, public_url=URL)


def pay_again(database: Database, member: int, minor: int) -> int:
    """Receive something more and seal it; return the receipt."""
    with database.session(1) as session:
        pay(session, {member: minor}, on=dt.date(2026, 3, 20))
        receipt = db.scalar(session, "SELECT max(id) FROM contribution_receipt")
    seal_books(database)
    return int(receipt)
