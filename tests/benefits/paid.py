"""Months that the state accepted a member in, with or without a paid bill, written straight into the tables."""

import uuid
from collections.abc import Mapping
from typing import Any

import psycopg

NEEDED = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = %s AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
"""
ANYTHING = {"bigint": 1, "integer": 1, "text": "x", "date": "1990-01-01", "uuid": uuid.UUID(int=1), "ARRAY": [1]}
"""What stands in columns that eligibility does not read."""


def accepted_months(
    url: str,
    member_id: int,
    wages: Mapping[str, int],
    *,
    bill: str | None = "confirmed",
    line: str = "accepted",
    ours: int = 1,
    credit: int = 0,
) -> int:
    """Let the state have accepted a member in months, at a wage each; return the last bill's id.

    ``bill`` is where the bill stands, None for no bill; ``ours`` is what our lines say it should ask for, ``credit`` how
    much less it asks for.
    """
    made = 0
    with psycopg.connect(url) as owner:
        # Only what eligibility reads is there: no assessment, no policy.
        owner.execute("SET session_replication_role = replica")
        if owner.execute("SELECT 1 FROM payroll WHERE id = 1").fetchone() is None:
            _insert(owner, "payroll", id=1, code="001", employer_number="401999999")
        for month, wage in wages.items():
            start, mark = f"{month}-01", uuid.uuid4()
            kept = {"period_start": start, "currency": "DOP", "payroll_id": 1}
            filing = _insert(
                owner,
                "filing",
                reference=mark,
                sequence=int(mark.int % 10**9),
                kind="monthly",
                status="accepted",
                **kept,
            )
            paid = {"total_minor": 1, "state_minor": 1, "from_member_minor": 1, "fee_minor": 0}
            _insert(owner, "filing_line", filing_id=filing, member_id=member_id, wage_minor=wage, status=line, **paid)
            if bill is not None:
                asked = {"total_minor": ours - credit, "ours_minor": ours, "notice_status": "current", "status": bill}
                made = _insert(owner, "bill", notice_reference=mark.hex, sha256=mark.hex, **asked, **kept)
                _insert(owner, "bill_filing", bill_id=made, filing_id=filing, amount_minor=1)
    return made


def _insert(owner: psycopg.Connection[Any], table: str, **values: Any) -> int:
    asked = owner.execute(NEEDED, [table]).fetchall()
    given = {"mutual_id": 1, **{name: ANYTHING[kind] for name, kind in asked if name != "mutual_id"}, **values}
    names, marks = ", ".join(given), ", ".join(f"%({name})s" for name in given)
    row = owner.execute(f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id", given).fetchone()
    assert row is not None
    return int(row[0])
