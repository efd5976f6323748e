"""Answers to a telephone without data: a menu, the end of the identity number, the answer. Three steps.

The network vouches for the telephone; four letters or figures of the identity number keep whoever borrowed it for a moment
from looking. A helper whom the member allowed asks with her own telephone and the end of the member's number. A wrong
ending and a telephone that nobody has are answered alike. A fourth step says that something is not right.
"""

import datetime as dt

from sqlmodel import Session

from gateway.complaints.errors import ComplaintLimitError
from gateway.complaints.queries import get_of_member, list_of_member
from gateway.kit import audit, db
from gateway.kit.period import Period
from gateway.kit.tenant import MutualRow
from gateway.kit.written import spoken_money
from gateway.membership.errors import PhoneInvalidError
from gateway.membership.rules import bare_identity, check_phone
from gateway.selfcheck import limit, overview, queries
from gateway.selfcheck.complain import Complainer, Pointed, complain, status_words
from gateway.selfcheck.errors import RowNotYoursError
from gateway.selfcheck.rules import Limits, digest
from gateway.selfcheck.words import spoken, text_of

LONGEST = 160
"""Letters of one screen, ``CON `` or ``END `` before it."""
MENU = "1 Am I covered?\n2 What must I pay?\n3 What is owed to me?\n4 Something is not right"
WRONG = "4"
WRONG_MENU = "1 My cover this month\n2 A payment of mine is missing\n3 How my complaint stands"
NOTED = "Complaint {number} is noted. Answer by {until}."
NO_COMPLAINT = "You have no complaint."
ASK_ENDING = "Last 4 letters or figures of your identity number:"
NOT_LISTED = "That is not on the list."
NO_FIT = "This does not fit together. Ask at the office."
OFTEN = "Too many tries. Call again later."
CHOICES = ("1", "2", "3", WRONG)
ENDING = 4


def answer(
    session: Session, mutual: MutualRow, *, phone: str, text: str, caller: str, limits: Limits, today: dt.date
) -> str:
    """Return ``CON`` and the next question, or ``END`` and the answer.

    Args:
        session: The open transaction of the mutual.
        mutual: The mutual.
        phone: The telephone, as the network says it.
        text: What was typed so far, joined by ``*``.
        caller: What else tries are counted by.
        limits: How often may be tried.
        today: The day that is answered for.
    """
    number = _number(phone, mutual.country)
    language = _language(session, number, mutual)
    typed = [part.strip() for part in text.split("*")] if text.strip() else []
    if not typed:
        return _screen("CON", text_of(language, MENU))
    if typed[0] not in CHOICES:
        return _screen("END", text_of(language, NOT_LISTED))
    if len(typed) == 1:
        return _screen("CON", text_of(language, ASK_ENDING))
    if limit.take(session, "ussd", asked=digest(number), address=caller, limits=limits) is not None:
        return _screen("END", text_of(language, OFTEN))
    ending = bare_identity(typed[1])[-ENDING:]
    found = db.first(session, queries.IDENTITY_ENDS, {"phone": number, "ending": ending})
    if found is None or len(ending) < ENDING:
        return _screen("END", text_of(language, NO_FIT))
    actor = f"member:{found.id}" + (f":helper:{found.helper_id}" if found.helper_id else "")
    audit.record(session, actor=actor, action="access.ussd", subject_kind="member", subject_id=found.id)
    if typed[0] != WRONG:
        return _screen("END", _told(session, mutual, found.id, typed[0], language, today))
    if len(typed) == 2:
        return _screen("CON", text_of(language, WRONG_MENU))
    return _screen("END", _wrong(session, Complainer(found.id, actor, mutual, today, "ussd"), typed[2], language))


def _told(session: Session, mutual: MutualRow, member_id: int, choice: str, language: str, today: dt.date) -> str:
    if choice == "1":
        months = overview.coverage(session, member_id, newest=Period.of(today), limit=2)
        lines = [overview.standing_words(month, language) for month in months]
        return "\n".join(lines) or text_of(language, "There is nothing of yours yet.")
    if choice == "2":
        number = queries.get_me(session, member_id).number
        due = overview.due(session, member_id, number, mutual, today=today)
        return (
            text_of(language, "Nothing is asked of you.")
            if due is None
            else overview.due_words(due, language, mutual.country)
        )
    owed = overview.owed(session, member_id)
    if owed <= 0:
        return text_of(language, "Nothing is owed to you.")
    amount = f"{spoken_money(owed, mutual.currency, language, mutual.country)} {mutual.currency}"
    return text_of(language, "Owed to you: {amount}.").format(amount=amount)


def _wrong(session: Session, who: Complainer, choice: str, language: str) -> str:
    if choice == "3":
        cases = list_of_member(session, who.member_id, before=None, limit=1)
        if not cases:
            return text_of(language, NO_COMPLAINT)
        said = cases[0].told or status_words(language, cases[0].status)
        return f"{cases[0].id}: {said}"
    what = {"1": Pointed("month", period=Period.of(who.today)), "2": Pointed("missing_payment")}.get(choice)
    if what is None:
        return text_of(language, NOT_LISTED)
    try:
        number = complain(session, what, who, None).id
    except ComplaintLimitError:
        return text_of(language, OFTEN)
    except RowNotYoursError:
        return text_of(language, "There is nothing of yours yet.")
    until = get_of_member(session, who.member_id, number).due_on
    return text_of(language, NOTED).format(number=number, until=f"{until:%d/%m}")


def _number(phone: str, country: str) -> str:
    try:
        return check_phone(phone if phone.startswith("+") else f"+{phone.strip()}", country)
    except PhoneInvalidError:
        return ""


def _language(session: Session, number: str, mutual: MutualRow) -> str:
    row = db.first(session, queries.BY_PHONE, {"phone": number})
    return spoken(mutual.language if row is None else row.language)


def _screen(kind: str, text: str) -> str:
    return f"{kind} {overview.plain(text)[:LONGEST]}"
