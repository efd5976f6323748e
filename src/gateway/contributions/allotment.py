"""The mutual's standing rules for a member's money: which month it pays, whom first, what is left, what on leaving.

    {
      "months": "next_filing",
      "additional_dependants": "first",
      "credit": "carry_forward",
      "on_leaving": "refund"
    }

Every key may be missing: then it is as shown. Rules are dated and never changed; a month is prepared by those in force.
"""

import datetime as dt
import json
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, Self

from sqlmodel import Session

from gateway.contributions.errors import AllotmentInvalidError
from gateway.kit import audit, db
from gateway.kit.errors import FieldProblem

IN_FORCE = """
-- at most one row: the rule that counts on a day
SELECT id, valid_from, version, rules, reason, actor, recorded_at FROM allotment_rule
WHERE mutual_id = current_mutual() AND valid_from <= :today ORDER BY valid_from DESC, version DESC LIMIT 1
"""

RULES = """
-- one row per rule that was laid down, newest first
SELECT id, valid_from, version, rules, reason, actor, recorded_at FROM allotment_rule
WHERE mutual_id = current_mutual() AND id < :before ORDER BY id DESC LIMIT :limit
"""

INSERT = """
-- one row: a rule, numbered after those of its day
INSERT INTO allotment_rule (valid_from, version, rules, reason, actor)
SELECT :valid_from, coalesce(max(version), 0) + 1, CAST(:rules AS jsonb), :reason, :actor
FROM allotment_rule WHERE mutual_id = current_mutual() AND valid_from = :valid_from
RETURNING id, valid_from, version, rules, reason, actor, recorded_at
"""


class Months(StrEnum):
    """Which month a member's money pays."""

    NEXT_FILING = "next_filing"
    """Whatever is prepared next takes it."""
    OLDEST_FIRST = "oldest_first"
    """What an older month that is still open needs is kept for that month."""


class Dependants(StrEnum):
    """What becomes of additional dependants where the money does not reach for them too."""

    FIRST = "first"
    """They are part of the month: the member is declared with all of them or not at all."""
    LAST = "last"
    """The member comes first: she is declared without them rather than not at all."""


class Credit(StrEnum):
    """What becomes of money that no month needed."""

    CARRY_FORWARD = "carry_forward"


class Leaving(StrEnum):
    """What becomes of a member's money after leaving."""

    REFUND = "refund"
    """It may be owed back to her, by two people."""
    KEEP = "keep"
    """It stays as her credit, for if she comes back."""


class Allotment(NamedTuple):
    """A rule as it is applied."""

    months: Months = Months.NEXT_FILING
    additional_dependants: Dependants = Dependants.FIRST
    credit: Credit = Credit.CARRY_FORWARD
    on_leaving: Leaving = Leaving.REFUND

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> Self:
        """Read a rule; every mistake is named by its place.

        Raises:
            AllotmentInvalidError: One or more values cannot be used.
        """
        kinds: dict[str, type[StrEnum]] = {name: type(value) for name, value in cls()._asdict().items()}
        problems = [
            FieldProblem(f"/{name}", "invalid", f"no such setting; there are {', '.join(kinds)}")
            for name in sorted(set(stored) - set(kinds))
        ]
        read: dict[str, Any] = {}
        for name, kind in kinds.items():
            if name in stored and stored[name] not in list(kind):
                problems.append(FieldProblem(f"/{name}", "invalid", f"expected one of {', '.join(kind)}"))
            elif name in stored:
                read[name] = kind(stored[name])
        if problems:
            raise AllotmentInvalidError(f"{problems[0].pointer}: {problems[0].detail}", errors=problems)
        return cls(**read)


LANGUAGES = ("es", "en", "fr")


@cache
def _words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return tomllib.loads(files(__package__).joinpath("allotment.toml").read_text(encoding="utf-8"))


def explain(rule: Allotment, language: str) -> list[str]:
    """Return what a rule means, a sentence for each setting, in Spanish, English or French; else in Spanish."""
    spoken = language if language in LANGUAGES else LANGUAGES[0]
    return [_words()[name][str(value)][spoken] for name, value in rule._asdict().items()]


class AllotmentRow(NamedTuple):
    """A rule that was laid down."""

    id: int
    valid_from: dt.date
    version: int
    rules: dict[str, Any]
    reason: str
    actor: str
    recorded_at: dt.datetime


def lay_down(
    session: Session, *, valid_from: dt.date, rules: Mapping[str, Any], reason: str, actor: str
) -> AllotmentRow:
    """Lay down how members' money is allotted from a day on; a newer one for the same day replaces it.

    Raises:
        AllotmentInvalidError: Names every place that cannot be used.
    """
    Allotment.parse(rules)
    values = {"valid_from": valid_from, "rules": json.dumps(dict(rules)), "reason": reason, "actor": actor}
    made = AllotmentRow(*db.one(session, INSERT, values))
    audit.record(
        session,
        actor=actor,
        action="allotment_rule.lay_down",
        subject_kind="allotment_rule",
        subject_id=made.id,
        reason=reason,
        detail={"valid_from": valid_from, "rules": dict(rules)},
    )
    return made


def in_force(session: Session, today: dt.date) -> tuple[int | None, Allotment]:
    """Return the rule that counts on a day with its number; the first rules where the mutual has laid down none."""
    row = db.first(session, IN_FORCE, {"today": today})
    return (None, Allotment()) if row is None else (int(row.id), Allotment.parse(row.rules))


def list_rules(session: Session, *, before: int, limit: int) -> list[AllotmentRow]:
    """Return the rules that were laid down, newest first, older than ``before``."""
    return [AllotmentRow(*row) for row in db.rows(session, RULES, {"before": before, "limit": limit})]
