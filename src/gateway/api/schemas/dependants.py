"""A member's family, as it is declared and shown."""

import datetime as dt
from typing import Any, Self

from gateway.api.schemas.common import Line, ReadModel, Reason, WriteModel, example
from gateway.api.schemas.membership import Day, IdentityCreate, Sex, Text
from gateway.membership.add_dependant import NewDependant
from gateway.membership.family import Kin
from gateway.membership.rules import mask
from gateway.membership.states import (
    DependantCategory,
    IdentityKind,
)

LUIS = {
    "id": 4,
    "member_id": 17,
    "category": "direct",
    "relation": "child",
    "given_names": "Luis",
    "first_surname": "Peña",
    "second_surname": "",
    "sex": "M",
    "birth_date": "2015-05-05",
    "identity_kind": None,
    "identity_value": None,
    "is_student": False,
    "is_disabled": False,
    "rule": "do.child_minor",
    "eligible_until": "2033-05-04",
    "valid_from": "2026-01-01",
    "valid_to": "2033-05-05",
    "end_reason": None,
}


class DependantCreate(WriteModel):
    """Somebody to be covered through a member."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "relation": "child",
                "given_names": "Luis",
                "first_surname": "Peña",
                "sex": "M",
                "birth_date": "2015-05-05",
                "valid_from": "2026-01-01",
            }
        ),
    }

    relation: Line
    given_names: Line
    first_surname: Line
    second_surname: Text = ""
    sex: Sex | None = None
    birth_date: Day | None = None
    identity: IdentityCreate | None = None
    category: DependantCategory | None = None
    """Without it the rule decides; a grown child is additional only where the holder says so."""
    is_student: bool = False
    is_disabled: bool = False
    together_since: Day | None = None
    has_common_children: bool = False
    valid_from: Day

    def as_new(self) -> NewDependant:
        """Return it as the use case takes it."""
        kin = Kin(
            self.relation,
            self.birth_date,
            self.is_student,
            self.is_disabled,
            self.together_since,
            self.has_common_children,
        )
        return NewDependant(
            kin=kin,
            given_names=self.given_names,
            first_surname=self.first_surname,
            second_surname=self.second_surname,
            valid_from=self.valid_from,
            sex=self.sex,
            identity=self.identity.as_new() if self.identity else None,
            category=self.category,
        )


class DependantEnd(WriteModel):
    """When and why a cover ends."""

    model_config = {**WriteModel.model_config, **example({"last_day": "2026-03-31", "reason": "has a job now"})}

    last_day: Day
    reason: Reason


class DependantRead(ReadModel):
    """A person covered through a member, and the rule that makes this person eligible."""

    model_config = {**ReadModel.model_config, **example(LUIS)}

    id: int
    member_id: int
    category: DependantCategory
    relation: str
    given_names: str
    first_surname: str
    second_surname: str
    sex: Sex | None
    birth_date: dt.date | None
    identity_kind: IdentityKind | None
    identity_value: str | None
    is_student: bool
    is_disabled: bool
    rule: str
    eligible_until: dt.date | None
    """The last day under that rule, where it ends by itself."""
    valid_from: dt.date
    valid_to: dt.date | None
    """The first day without cover."""
    end_reason: str | None

    @classmethod
    def of(cls, row: Any, *, is_open: bool) -> Self:
        """Shape a row, with the number in the open or masked."""
        values = row._asdict()
        if values["identity_value"] is not None and not is_open:
            values["identity_value"] = mask(values["identity_value"])
        return cls.model_validate({name: values[name] for name in cls.model_fields})


class DependantListRead(ReadModel):
    """A member's dependants, present and past, the newest first."""

    items: list[DependantRead]
