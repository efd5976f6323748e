"""The bank's books: accounts, bookings, credits from outside, and the mutual's own transfers."""

import datetime as dt
import hashlib
import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from gateway.kit.money import AmountError
from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.payer.core import COLLECTION, FLOAT, Payer
from gateway.sandbox.payer.errors import bank_problem

_KINDS = ("cash_deposit", "settlement", "float_top_up", "between")


@dataclass(frozen=True)
class Booking:
    """One line of an account."""

    account: str
    minor: int
    """Positive credits the account."""
    text: str
    family: str
    """ISO 20022 family and sub-family, for example ``RCDT/DMCT``."""
    end_to_end_id: str | None = None
    party_name: str | None = None
    party_account: str | None = None
    return_reason: str | None = None
    message_id: str | None = None
    payment_info_id: str | None = None
    booked_on: dt.date | None = None


def book(payer: Payer, connection: sqlite3.Connection, booking: Booking) -> tuple[str, str]:
    """Book a line; return the bank's reference and the day."""
    number = connection.execute("SELECT coalesce(max(id), 0) + 1 AS n FROM booking").fetchone()["n"]
    reference, day = f"BK{number:010d}", (booking.booked_on or payer.clock.today()).isoformat()
    connection.execute(
        "INSERT INTO booking VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            number, booking.account, day, booking.minor, booking.end_to_end_id, reference, booking.text,
            booking.party_name, booking.party_account, booking.family, booking.return_reason, booking.message_id,
            booking.payment_info_id,
        ],
    )  # fmt: skip
    payer.store.count("bookings")
    return reference, day


def find_account(connection: sqlite3.Connection, number: str) -> Any:
    """Return an account, None if it is not held here."""
    return connection.execute("SELECT * FROM account WHERE number = ?", [number]).fetchone()


def balance(connection: sqlite3.Connection, number: str, before: str = "9999-12-31") -> int:
    """Return what an account held at the beginning of a day."""
    row = connection.execute(
        "SELECT a.opening_minor + coalesce((SELECT sum(amount_minor) FROM booking b WHERE b.account = a.number"
        " AND b.booked_on < ?), 0) AS held FROM account a WHERE a.number = ?",
        [before, number],
    ).fetchone()
    return int(row["held"])


def take_credit(payer: Payer, call: Call) -> Answer:
    """POST /bank/credits: money from another bank. The same debtor and end-to-end id is the same transfer."""
    try:
        given = call.json()
        minor = payer.minor(given["amount"])
        account, sender = str(given["account"]), str(given.get("debtor_name", "ORDENANTE"))
        day = dt.date.fromisoformat(given["booked_on"]) if given.get("booked_on") else None
        if minor <= 0 or given.get("currency", payer.currency.code) != payer.currency.code:
            raise ValueError(f"an amount above zero in {payer.currency.code}")
    except (ValueError, KeyError, TypeError, AmountError) as broken:
        return bank_problem(422, "body_invalid", f"expected account, amount, currency, end_to_end_id: {broken}")
    digest = hashlib.sha256(json.dumps([account, minor]).encode()).hexdigest()
    end_to_end = given.get("end_to_end_id")
    with payer.store.write() as connection:
        if find_account(connection, account) is None:
            return bank_problem(404, "account_unknown", f"no account {account} is held here")
        key = f"{sender}/{end_to_end}"
        known = connection.execute("SELECT * FROM credit WHERE key = ?", [key]).fetchone() if end_to_end else None
        if known and known["digest"] != digest:
            return bank_problem(409, "end_to_end_id_reused", "this debtor used the end-to-end id for something else")
        if known:
            return Answer(body={"bank_reference": known["bank_reference"], "booked_on": known["booked_on"]})
        reference, booked_on = book(
            payer, connection,
            Booking(
                account, minor, str(given.get("remittance_information", "")), "RCDT/DMCT", end_to_end, sender,
                given.get("debtor_account"), booked_on=day,
            ),
        )  # fmt: skip
        if end_to_end:
            connection.execute("INSERT INTO credit VALUES (?, ?, ?, ?)", [key, reference, booked_on, digest])
        payer.store.count("credits")
        payer.store.count("credits_minor", minor)
    return Answer(201, {"bank_reference": reference, "booked_on": booked_on})


def take_transfer(payer: Payer, call: Call) -> Answer:
    """POST /bank/transfers: the mutual moves its own money.

    ``kind`` is ``cash_deposit`` (at the counter), ``settlement`` (the provider pays out collections, less ``fee``; all of
    them without an ``amount``), ``float_top_up`` (the wallet payouts are made from) or ``between`` (``to_account``).
    """
    try:
        given = call.json()
        kind, account = str(given["kind"]), str(given.get("account", payer.options.account))
        minor = payer.minor(given["amount"]) if given.get("amount") is not None else None
        fee = payer.minor(given.get("fee", "0"))
        if kind not in _KINDS or (minor is None and kind != "settlement") or (minor is not None and minor <= 0):
            raise ValueError(f"kind is one of {', '.join(_KINDS)}, the amount above zero")
    except (ValueError, KeyError, TypeError, AmountError) as broken:
        return bank_problem(422, "body_invalid", f"expected kind, account, amount: {broken}")
    with payer.store.write() as connection:
        if find_account(connection, account) is None:
            return bank_problem(404, "account_unknown", f"no account {account} is held here")
        key = f"transfer/{kind}/{given.get('end_to_end_id')}"
        known = connection.execute("SELECT * FROM credit WHERE key = ?", [key]).fetchone()
        if known and given.get("end_to_end_id"):
            return Answer(body={"bank_reference": known["bank_reference"], "booked_on": known["booked_on"]})
        done = _transfer(payer, connection, kind, account, minor, fee, given)
        if isinstance(done, Answer):
            return done
        if given.get("end_to_end_id"):
            connection.execute("INSERT INTO credit VALUES (?, ?, ?, '')", [key, done[0], done[1]])
        payer.store.count(f"transfers_{kind}")
    return Answer(201, {"bank_reference": done[0], "booked_on": done[1], "amount": payer.plain(done[2])})


def _transfer(
    payer: Payer, connection: sqlite3.Connection, kind: str, account: str, minor: int | None, fee: int,
    given: dict[str, Any],
) -> Answer | tuple[str, str, int]:  # fmt: skip
    reference, end_to_end = str(given.get("reference", "")), given.get("end_to_end_id")
    if kind == "cash_deposit":
        return _booked(
            payer, connection, account, minor or 0, f"DEPOSITO EN EFECTIVO {reference}", "CNTR/CDPT", end_to_end
        )
    if kind == "settlement":
        held = _wallet(connection, COLLECTION)
        gross = held if minor is None else minor
        if gross > held or gross <= fee:
            return bank_problem(409, "insufficient_funds", f"{payer.plain(held)} was collected")
        _move(connection, COLLECTION, -gross)
        text = f"LIQUIDACION PAGOS MOVILES {reference}"
        return _booked(payer, connection, account, gross - fee, text, "RCDT/DMCT", end_to_end, "OPERADOR MOVIL")
    if balance(connection, account) < (minor or 0):
        return bank_problem(409, "insufficient_funds", f"the account holds {payer.plain(balance(connection, account))}")
    if kind == "float_top_up":
        _move(connection, FLOAT, minor or 0)
        text = f"RECARGA CUENTA MOVIL {reference}"
        return _booked(payer, connection, account, -(minor or 0), text, "ICDT/DMCT", end_to_end, "OPERADOR MOVIL")
    target = str(given.get("to_account", ""))
    if find_account(connection, target) is None:
        return bank_problem(404, "account_unknown", f"no account {target} is held here")
    text = f"TRANSFERENCIA PROPIA {reference}"
    _booked(payer, connection, target, minor or 0, text, "RCDT/BOOK", end_to_end)
    return _booked(payer, connection, account, -(minor or 0), text, "ICDT/BOOK", end_to_end)


def _booked(
    payer: Payer, connection: sqlite3.Connection, account: str, minor: int, text: str, family: str, end_to_end: Any,
    party: str | None = None,
) -> tuple[str, str, int]:  # fmt: skip
    reference, day = book(payer, connection, Booking(account, minor, text.strip(), family, end_to_end, party))
    return reference, day, abs(minor)


def _wallet(connection: sqlite3.Connection, name: str) -> int:
    return int(
        connection.execute("SELECT balance_minor FROM wallet WHERE name = ?", [name]).fetchone()["balance_minor"]
    )


def _move(connection: sqlite3.Connection, wallet: str, minor: int) -> None:
    connection.execute("UPDATE wallet SET balance_minor = balance_minor + ? WHERE name = ?", [minor, wallet])


def put_account(payer: Payer, call: Call) -> Answer:
    """PUT /bank/accounts/{account}: open another account, ``{name, opening, role}``."""
    given = call.json() or {}
    try:
        opening = payer.minor(given.get("opening", "0"))
    except AmountError as broken:
        return bank_problem(422, "body_invalid", str(broken))
    with payer.store.write() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO account VALUES (?, ?, ?, ?)",
            [call.path["account"], str(given.get("name", "CLIENTE")), str(given.get("role", "mutual")), opening],
        )
    return list_accounts(payer, call)


def list_accounts(payer: Payer, _call: Call) -> Answer:
    """GET /bank/accounts."""
    connection = payer.store.read()
    rows = connection.execute("SELECT * FROM account ORDER BY number").fetchall()
    return Answer(
        body={
            "accounts": [
                {
                    "account": row["number"], "name": row["name"], "role": row["role"],
                    "currency": payer.currency.code, "opening": payer.plain(row["opening_minor"]),
                    "balance": payer.plain(balance(connection, row["number"])),
                }
                for row in rows
            ]
        }
    )  # fmt: skip
