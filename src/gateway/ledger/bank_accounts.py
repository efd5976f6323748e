"""The mutual's accounts at banks and providers: the number outside, the ledger account inside."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.kit.happened import check_happened
from gateway.kit.money import currency_of
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.errors import BankAccountKnownError, UnknownBankAccountError
from gateway.ledger.models import BankAccountKind
from gateway.ledger.post import Event, Line, post

_COLUMNS = "id, number, name, kind, currency, ledger_code, holder, bank_identifier"

BANK_ACCOUNTS = f"""
-- one row per account of the mutual at a bank or provider, by ledger code
SELECT {_COLUMNS} FROM bank_account WHERE mutual_id = current_mutual() ORDER BY ledger_code
"""

FIND_BANK_ACCOUNT = f"""
-- at most one row: the account with this number outside, or this code inside
SELECT {_COLUMNS} FROM bank_account
WHERE mutual_id = current_mutual() AND (number = :number OR ledger_code = :code)
ORDER BY id LIMIT 1
"""

INSERT_BANK_ACCOUNT = """
-- one row: the new account's id
INSERT INTO bank_account (number, name, kind, currency, ledger_code, holder, bank_identifier)
VALUES (:number, :name, :kind, :currency, :ledger_code, :holder, :bank_identifier) RETURNING id
"""


class BankAccountRow(NamedTuple):
    """One account at a bank or provider."""

    id: int
    number: str
    name: str
    kind: str
    currency: str
    ledger_code: str
    holder: str
    bank_identifier: str


class Opening(NamedTuple):
    """What was on the account when the books began."""

    amount_minor: int
    on: dt.date


def list_bank_accounts(session: Session) -> list[BankAccountRow]:
    """Return every account at a bank or provider, by ledger code."""
    return [BankAccountRow(*row) for row in db.rows(session, BANK_ACCOUNTS)]


def find_bank_account(session: Session, *, number: str = "", code: str = "") -> BankAccountRow | None:
    """Return the account with this number outside or this code inside, or None."""
    row = db.first(session, FIND_BANK_ACCOUNT, {"number": number, "code": code})
    return None if row is None else BankAccountRow(*row)


def get_bank_account(session: Session, *, code: str) -> BankAccountRow:
    """Return the account with this ledger code.

    Raises:
        UnknownBankAccountError: The mutual has none with this code.
    """
    found = find_bank_account(session, code=code)
    if found is None:
        raise UnknownBankAccountError(f"no bank account has the ledger code {code!r}; register it first")
    return found


def register_bank_account(
    session: Session, account: BankAccountRow, *, opening: Opening | None, actor: str, today: dt.date | None = None
) -> BankAccountRow:
    """Register an account, open its ledger accounts and book what was on it, against the float reserve.

    Args:
        session: The open transaction.
        account: Its description; the id is given by the database.
        opening: Balance on the day the books begin, or None for an empty account.
        actor: Who registers it.
        today: The day after which no books can have begun; None asks nothing of the opening's day.

    Raises:
        BankAccountKnownError: The number or the code belongs to another account.
        CurrencyError: The gateway does not know the currency.
        NotHappenedError: The opening's day has not come.
    """
    currency_of(account.currency)
    if opening is not None and today is not None:
        check_happened(opening.on, today, "/opening_on")
    known = find_bank_account(session, number=account.number, code=account.ledger_code)
    if known is not None:
        if known[1:] == account[1:]:
            return known
        raise BankAccountKnownError(
            f"{account.number!r} or {account.ledger_code!r} is registered already, as {known.name!r}"
        )
    codes = [account.ledger_code, "reserve:float"]
    if account.kind == BankAccountKind.BANK:
        codes.append(f"{account.ledger_code}:in-transit")
    else:
        codes.append(f"{account.ledger_code}:clearing")
    open_accounts(session, [NewAccount(code) for code in codes], account.currency)
    made = db.scalar(session, INSERT_BANK_ACCOUNT, account._asdict())
    if opening is not None and opening.amount_minor:
        post(
            session,
            Event(
                key=f"bank-opening:{account.ledger_code}",
                kind="bank.opening",
                valid_on=opening.on,
                lines=[Line(account.ledger_code, opening.amount_minor), Line("reserve:float", -opening.amount_minor)],
                actor=actor,
                reason="balance when the books began",
            ),
        )
    return account._replace(id=int(made))
