"""A mutual's own words for what members are told: read beside the shipped ones, saved from a day on, taken back."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.kit.errors import PreconditionError
from gateway.notices import queries
from gateway.notices.errors import TemplateInvalidError, TemplateUnknownError
from gateway.notices.rules import Length, check_words, length_of
from gateway.notices.texts import LANGUAGES, catalogue, places_of, required_of, sample_of


class Preview(NamedTuple):
    """Words with their places filled by an example."""

    text: str
    length: Length


class Template(NamedTuple):
    """What is said of one kind in one language."""

    kind: str
    language: str
    version: int
    """Counts what was ever saved; the ETag."""
    shipped: str
    own: str | None
    """The mutual's own words today; None where the shipped ones count."""
    own_since: dt.date | None
    coming: str | None
    """Words that count from a later day; None where nothing is to come, or the shipped ones are."""
    coming_on: dt.date | None
    preview: Preview
    country: str
    """The mutual's: amounts in its examples are written as there."""

    @property
    def text(self) -> str:
        """What counts today."""
        return self.own or self.shipped


def list_templates(session: Session, *, today: dt.date) -> list[Template]:
    """Return every kind in every language, by kind."""
    saved, country = _saved(session, None), tenant.current(session).country
    return [
        _template(kind, language, saved.get((kind, language), ()), today, country)
        for kind in sorted(catalogue())
        for language in LANGUAGES
    ]


def get_template(session: Session, kind: str, language: str, *, today: dt.date) -> Template:
    """Return what is said of a kind in a language.

    Raises:
        TemplateUnknownError: There is no such kind or language.
    """
    _known(kind, language)
    return _template(
        kind, language, _saved(session, kind).get((kind, language), ()), today, tenant.current(session).country
    )


def list_wordings(session: Session, kind: str, language: str) -> list[Any]:
    """Return every wording that was saved for a kind in a language, the newest first.

    Raises:
        TemplateUnknownError: There is no such kind or language.
    """
    _known(kind, language)
    return list(_saved(session, kind).get((kind, language), ()))


def preview(kind: str, language: str, text: str, country: str) -> Preview:
    """Return words with their places filled by an example, and how long they are as a short message.

    Raises:
        TemplateUnknownError: There is no such kind or language.
        TemplateInvalidError: Names every place that cannot be filled or may not be left out.
    """
    _known(kind, language)
    problems = check_words(text, places_of(kind), required_of(kind))
    if problems:
        raise TemplateInvalidError(problems[0].detail, errors=problems)
    filled = text.format_map(sample_of(kind, language, country))
    return Preview(filled, length_of(filled))


def word_message(
    session: Session,
    *,
    kind: str,
    language: str,
    text: str | None,
    valid_from: dt.date,
    reason: str,
    actor: str,
    today: dt.date,
    version: int | None = None,
) -> Template:
    """Say a kind of notice in the mutual's own words from a day on, or in the shipped ones again; what was written stays.

    Args:
        session: The open transaction.
        kind: A chapter of the shipped texts.
        language: es, fr, en or ht.
        text: The words, with places like ``{amount}``; None for the shipped ones.
        valid_from: From when; a notice is worded on the day it is written.
        reason: Why, for the log.
        actor: Who.
        today: The mutual's day.
        version: What was read; None where it does not matter.

    Raises:
        TemplateUnknownError: There is no such kind or language.
        TemplateInvalidError: The words cannot be filled, leave out what the message is for, or count from a past day.
        PreconditionError: Somebody worded it since it was read.
    """
    if text is not None:
        preview(kind, language, text, tenant.current(session).country)
    db.one(session, queries.LOCK_TEMPLATE, {"kind": kind, "language": language})
    before = get_template(session, kind, language, today=today)
    if version is not None and version != before.version:
        raise PreconditionError(
            f"these words are version {before.version}, the change was made to version {version}; read them again"
        )
    if valid_from < today:
        raise TemplateInvalidError(f"{valid_from} has passed; words count from today ({today}) or a later day")
    values = {"kind": kind, "language": language, "version": before.version + 1, "valid_from": valid_from, "text": text}
    db.one(session, queries.INSERT_TEMPLATE, {**values, "reason": reason, "actor": actor})
    audit.record(
        session,
        actor=actor,
        action="message_template.word" if text is not None else "message_template.reset",
        subject_kind="message_template",
        subject_id=f"{kind}:{language}",
        reason=reason,
        detail={"valid_from": valid_from, "text": text, "version": before.version + 1},
    )
    return get_template(session, kind, language, today=today)


def _known(kind: str, language: str) -> None:
    if kind not in catalogue() or language not in LANGUAGES:
        raise TemplateUnknownError(
            f"no message {kind!r} in {language!r}; kinds are {', '.join(sorted(catalogue()))}, languages {', '.join(LANGUAGES)}"
        )


def _saved(session: Session, kind: str | None) -> Mapping[tuple[str, str], Sequence[Any]]:
    kept: dict[tuple[str, str], list[Any]] = {}
    for row in db.rows(session, queries.TEMPLATES, {"kind": kind}):
        kept.setdefault((row.kind, row.language), []).append(row)
    return kept


def _template(kind: str, language: str, saved: Sequence[Any], today: dt.date, country: str) -> Template:
    def newest(rows: list[Any]) -> Any:
        return max(rows, key=lambda row: (row.valid_from, row.version), default=None)

    now = newest([row for row in saved if row.valid_from <= today])
    later = [row for row in saved if row.valid_from > today]
    coming = min(later, key=lambda row: (row.valid_from, -row.version), default=None)
    shipped = catalogue()[kind][language]
    own = None if now is None else now.text
    filled = (own or shipped).format_map(sample_of(kind, language, country))
    return Template(
        kind,
        language,
        max((row.version for row in saved), default=0),
        shipped,
        own,
        None if own is None else now.valid_from,
        None if coming is None else coming.text,
        None if coming is None else coming.valid_from,
        Preview(filled, length_of(filled)),
        country,
    )
