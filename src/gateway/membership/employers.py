"""Employers the mutual files for besides itself: each with his number, payrolls, money and bills, never mixed."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.bank_accounts import get_bank_account
from gateway.membership.errors import EmployerKnownError, EmployerUnknownError, NameInvalidError
from gateway.membership.rules import check_employer_number

_COLUMNS = "id, number, name, account_code, is_active, created_at"

EMPLOYERS = f"""
-- one row per employer the mutual helps, by id
SELECT {_COLUMNS} FROM employer WHERE mutual_id = current_mutual() AND id > :after ORDER BY id LIMIT :limit
"""

EMPLOYER = f"""
-- at most one row: the employer with this id, or with this number
SELECT {_COLUMNS} FROM employer WHERE mutual_id = current_mutual() AND (id = :id OR number = :number) LIMIT 1
"""

EMPLOYER_OF_PAYROLL = """
-- at most one row: the employer a payroll is filed for; none where that is the mutual itself
SELECT e.id, e.number, e.name, e.account_code, e.is_active, e.created_at
FROM payroll p JOIN employer e ON e.mutual_id = p.mutual_id AND e.number = p.employer_number
JOIN mutual m ON m.mutual_id = p.mutual_id AND m.employer_number <> p.employer_number
WHERE p.mutual_id = current_mutual() AND p.id = :payroll_id
"""

ACCOUNT_TAKEN = """
-- at most one row: an employer whose own bank account this is
SELECT id FROM employer WHERE mutual_id = current_mutual() AND account_code = :account_code
"""

INSERT_EMPLOYER = """
-- at most one row: the new employer's id; none where the number is taken
INSERT INTO employer (number, name, account_code, actor) VALUES (:number, :name, :account_code, :actor)
ON CONFLICT (mutual_id, number) DO NOTHING RETURNING id
"""


class EmployerRow(NamedTuple):
    """An employer the mutual files for."""

    id: int
    number: str
    name: str
    account_code: str | None
    is_active: bool
    created_at: dt.datetime

    @property
    def money(self) -> str:
        """Ledger account of what he paid in and nothing has used yet."""
        return f"employer:{self.id}:contributions"

    @property
    def difference(self) -> str:
        """Ledger account of what his bills ask more, or less, than was reserved for them."""
        return f"employer:{self.id}:difference"


def register_employer(session: Session, *, number: str, name: str, account_code: str | None, actor: str) -> EmployerRow:
    """Register an employer and open his accounts in the books.

    Args:
        session: The open transaction.
        number: As he writes it; the country's check digit is checked.
        name: Of the business.
        account_code: Ledger account of a bank account that is his alone, or None: his money is then told apart in the
            books only.
        actor: Who registers him.

    Raises:
        EmployerNumberError: A number the state could not have given.
        EmployerKnownError: Registered already, the mutual's own number, or the bank account is another's.
        NameInvalidError: No name.
        UnknownBankAccountError: The mutual has no such bank account.
    """
    mutual = tenant.current(session)
    bare = check_employer_number(number, mutual.country)
    name = " ".join(name.split())
    if not name:
        raise NameInvalidError("an employer has a name")
    if bare == mutual.employer_number:
        raise EmployerKnownError(f"{bare} is the mutual's own number; its payrolls need no employer")
    if account_code is not None:
        get_bank_account(session, code=account_code)
        if db.first(session, ACCOUNT_TAKEN, {"account_code": account_code}):
            raise EmployerKnownError(f"{account_code} is another employer's own bank account")
    values = {"number": bare, "name": name, "account_code": account_code, "actor": actor}
    made = db.first(session, INSERT_EMPLOYER, values)
    if made is None:
        raise EmployerKnownError(f"an employer with the number {bare} is registered already")
    row = get_employer(session, made.id)
    accounts = [NewAccount(code, "employer", row.id) for code in (row.money, row.difference)]
    open_accounts(session, accounts, mutual.currency)
    audit.record(
        session,
        actor=actor,
        action="employer.register",
        subject_kind="employer",
        subject_id=row.id,
        detail={"number": bare, "account_code": account_code},
    )
    return row


def get_employer(session: Session, employer_id: int) -> EmployerRow:
    """Return an employer.

    Raises:
        EmployerUnknownError: The mutual helps none with this id.
    """
    row = db.first(session, EMPLOYER, {"id": employer_id, "number": None})
    if row is None:
        raise EmployerUnknownError(f"no employer {employer_id}; see the list of employers")
    return EmployerRow(*row)


def find_employer(session: Session, number: str) -> EmployerRow | None:
    """Return the employer with a number, or None."""
    row = db.first(session, EMPLOYER, {"id": None, "number": number})
    return None if row is None else EmployerRow(*row)


def find_owner_of_account(session: Session, account_code: str) -> EmployerRow | None:
    """Return the employer whose own bank account this is, or None."""
    row = db.first(session, ACCOUNT_TAKEN, {"account_code": account_code})
    return None if row is None else get_employer(session, row.id)


def employer_of_payroll(session: Session, payroll_id: int) -> EmployerRow | None:
    """Return the employer that a payroll is filed for; None where that is the mutual itself."""
    row = db.first(session, EMPLOYER_OF_PAYROLL, {"payroll_id": payroll_id})
    return None if row is None else EmployerRow(*row)


def list_employers(session: Session, *, after: int = 0, limit: int = 50) -> list[EmployerRow]:
    """Return the employers the mutual helps, by id, beginning after one."""
    return [EmployerRow(*row) for row in db.rows(session, EMPLOYERS, {"after": after, "limit": limit})]
