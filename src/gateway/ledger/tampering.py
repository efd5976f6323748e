"""Is the guard of the books still in place: its triggers, functions, constraints, rights and row security."""

from sqlmodel import Session, SQLModel

from gateway.kit import db
from gateway.ledger import verify_queries as asked
from gateway.ledger.models import (
    LedgerAccount,
    LedgerBalance,
    LedgerEntry,
    LedgerLeaf,
    LedgerPeriod,
    LedgerSeal,
    LedgerSnapshot,
    LedgerTx,
)

TABLES: tuple[type[SQLModel], ...] = (
    LedgerAccount,
    LedgerTx,
    LedgerEntry,
    LedgerBalance,
    LedgerSnapshot,
    LedgerPeriod,
    LedgerSeal,
    LedgerLeaf,
)

TRIGGERS = (
    ("guard", "ledger_entry"),
    ("guard", "ledger_tx"),
    ("guard", "ledger_period"),
    ("open_balance", "ledger_account"),
    ("referred_delete", "ledger_account"),
    ("referred_update", "ledger_account"),
    ("referred_delete", "ledger_tx"),
    ("referred_update", "ledger_tx"),
    ("no_change", "ledger_tx"),
    ("no_change", "ledger_entry"),
    ("no_change", "ledger_account"),
    ("no_change", "audit_log"),
    ("no_change", "evidence"),
)

FUNCTIONS = {
    "ledger_entry_guard": "1886b0a69ac1292d",
    "ledger_open_balance": "77b3fb95b3652f3f",
    "ledger_period_guard": "9a0a79dd1469c21c",
    "ledger_referred": "57daedfae034273b",
    "ledger_refuse_change": "21c0716638b147fc",
    "ledger_tx_guard": "6bdd3ab217b565a2",
}
"""Name -> the first 16 digits of the SHA-256 of its body as ``migrations/sql/ledger.sql`` installs it; a test compares."""


def list_tampering(session: Session) -> list[tuple[str, str, str]]:
    """Return what of the guard is missing, off or replaced, as check, subject and detail."""
    names = [table.__tablename__ for table in TABLES]
    triggers = {"names": [name for name, _ in TRIGGERS], "on_tables": [table for _, table in TRIGGERS], "tables": names}
    constraints = [(str(kept.name), name) for name in names for kept in SQLModel.metadata.tables[str(name)].constraints]
    answers = (
        db.rows(session, asked.PRIVILEGES, {"tables": names, "role": db.APP_ROLE}),
        db.rows(session, asked.TRIGGERS, triggers),
        db.rows(
            session,
            asked.CONSTRAINTS,
            {"names": [name for name, _ in constraints], "on_tables": [table for _, table in constraints]},
        ),
        db.rows(session, asked.FUNCTIONS, {"names": list(FUNCTIONS), "digests": list(FUNCTIONS.values())}),
    )
    return [tuple(row) for rows in answers for row in rows]
