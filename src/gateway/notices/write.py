"""Write down what members are to be told; each fact once, however often it is thought of."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import db, tenant
from gateway.membership.errors import MemberNotFoundError
from gateway.notices.queries import languages_of, own_words
from gateway.notices.texts import Money, compose

INSERT = """
-- one row per notice that was not written before
INSERT INTO notice (member_id, kind, about_key, language, text, due_on)
SELECT * FROM unnest(CAST(:member_id AS bigint[]), CAST(:kind AS text[]), CAST(:about_key AS text[]),
                     CAST(:language AS text[]), CAST(:text AS text[]), CAST(:due_on AS date[]))
ON CONFLICT (mutual_id, member_id, kind, about_key) DO NOTHING
RETURNING id
"""


class NewNotice(NamedTuple):
    """One thing to tell one member."""

    member_id: int
    kind: str
    """A chapter of ``texts.toml``."""
    key: str
    """What it is about; together with member and kind it is told once."""
    text_params: Mapping[str, str | Money]
    due_on: dt.date | None = None
    """Not before this day; None: at once."""


def write_once(
    session: Session,
    *,
    member_id: int,
    kind: str,
    key: str,
    text_params: Mapping[str, str | Money],
    due_on: dt.date | None = None,
) -> bool:
    """Write a notice in the member's language; return whether it is new. The same fact again writes nothing.

    Raises:
        MemberNotFoundError: This mutual has no such member.
        NoticeTextError: The catalogue has no such kind, or a value is missing.
    """
    return write_many(session, [NewNotice(member_id, kind, key, text_params, due_on)]) == 1


def write_many(session: Session, notices: Iterable[NewNotice]) -> int:
    """Write many notices in one statement; return how many are new.

    Raises:
        MemberNotFoundError, NoticeTextError: As ``write_once``; nothing is written.
    """
    wanted = list(notices)
    if not wanted:
        return 0
    languages = languages_of(session, sorted({one.member_id for one in wanted}))
    own, country = own_words(session), tenant.current(session).country
    columns: dict[str, list[object]] = {
        name: [] for name in ("member_id", "kind", "about_key", "language", "text", "due_on")
    }
    for one in wanted:
        if one.member_id not in languages:
            raise MemberNotFoundError(f"no member {one.member_id} in this mutual to be told anything")
        language, words = compose(one.kind, languages[one.member_id], one.text_params, own, country=country)
        row = (one.member_id, one.kind, one.key, language, words, one.due_on)
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)
    return len(db.rows(session, INSERT, columns))
