"""Ask for a code, and send it: the asking does the same for every number, the job finds out whom it is for."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from sqlmodel import Session

from gateway.bank.errors import PayerOutcomeUnknownError, PayerRefusedError, PayerUnavailableError
from gateway.bank.sms import SmsChannel
from gateway.kit import audit, db, jobs
from gateway.membership.rules import bare_identity, check_phone
from gateway.selfcheck import access_queries as sql
from gateway.selfcheck import limit
from gateway.selfcheck.errors import TooManyTriesError
from gateway.selfcheck.rules import CODE_DIGITS, CODE_MINUTES, Limits, asked_digest
from gateway.selfcheck.words import text_of
from gateway.staff.passwords import hash_password

JOB = "selfcheck.send_code"


class Typed(NamedTuple):
    """A telephone in E.164 and a bare identity number, as somebody typed them."""

    phone: str
    identity: str

    @property
    def digest(self) -> str:
        """What is kept of them."""
        return asked_digest(self.phone, self.identity)


class Way(NamedTuple):
    """What sending needs: transactions of its own, somebody who carries, and a name for the log."""

    open_session: Callable[[], AbstractContextManager[Session]]
    channel: SmsChannel
    mutual_code: str
    mutual_name: str
    actor: str


def read_typed(phone: str, identity: str, country: str) -> Typed:
    """Return what was typed in the form it is compared in.

    Raises:
        PhoneInvalidError: Nobody can have this telephone.
    """
    return Typed(check_phone(phone, country), bare_identity(identity))


def ask_code(session: Session, typed: Typed, *, address: str, limits: Limits) -> TooManyTriesError | None:
    """Write down that a code is asked for and let a job see to it; the member's file is not looked at here."""
    refusal = limit.take(session, "code", asked=typed.digest, address=address, limits=limits)
    if refusal is None:
        values = {"asked": typed.digest, "phone": typed.phone, "identity": typed.identity, "minutes": CODE_MINUTES}
        row = db.one(session, sql.ASK, values)
        jobs.defer(session, JOB, code_id=row.id)
    return refusal


def send_code(way: Way, code_id: int) -> bool:
    """Find whom a code is for, make it and send it; return whether a message left. A repeat sends nothing again.

    Raises:
        PayerUnavailableError: The carrier surely has none of it; the job may run again.
    """
    code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
    code_hash = hash_password(code)
    with way.open_session() as session:
        typed = db.first(session, sql.WAITING_CODE, {"id": code_id})
        if typed is None:
            return False
        who = db.first(session, sql.WHO, {"phone": typed.phone, "identity": typed.identity})
        values: dict[str, int | str | None] = {"id": code_id, "member_id": None, "helper_id": None, "code_hash": None}
        if who is not None:
            values |= {"member_id": who.member_id, "helper_id": who.helper_id, "code_hash": code_hash}
            subject = {"subject_kind": "member", "subject_id": who.member_id}
            audit.record(session, actor=way.actor, action="access.code", **subject)
        db.run(session, sql.PREPARE_CODE, values)
    if who is None:
        return False
    text = text_of(
        who.language, "{mutual}: your code is {code}. It holds {minutes} minutes. Nobody will ask you for it."
    )
    try:
        way.channel.send(
            f"{way.mutual_code}-code-{code_id}-{secrets.token_hex(4)}",
            typed.phone,
            text.format(mutual=way.mutual_name[:40], code=code, minutes=CODE_MINUTES),
        )
    except PayerUnavailableError:
        with way.open_session() as session:
            db.run(session, sql.UNSENT, {"id": code_id, "phone": typed.phone, "identity": typed.identity})
        raise
    except (PayerRefusedError, PayerOutcomeUnknownError):
        return False  # she asks for another one
    return True
