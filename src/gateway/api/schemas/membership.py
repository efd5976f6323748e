"""Members and their wages, places, leaves and history, as they are asked for and shown."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from gateway.api.money import AmountText, MoneyRead, minor_of, text_of
from gateway.api.schemas.common import CurrencyCode, Id, Line, ReadModel, Reason, WriteModel, example
from gateway.membership.enrol import NewIdentity, NewMember, Person
from gateway.membership.profiles import Profile
from gateway.membership.queries import HistoryRow
from gateway.membership.rules import WARNINGS, mask
from gateway.membership.states import (
    IdentityKind,
    LeaveKind,
    MemberStatus,
)

Sex = Literal["M", "F"]


Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00]*$")]


Language = Literal["es", "en", "fr"]


Day = Annotated[dt.date, Field(examples=["2026-03-01"])]


MARIA = {
    "id": 17,
    "number": "M0000017",
    "given_names": "María José",
    "first_surname": "Peña",
    "second_surname": "Muñoz",
    "sex": "F",
    "birth_date": "1986-07-03",
    "phone": "+18095551212",
    "occupation": "peluquera",
    "municipality": "Santo Domingo Este",
    "language": "es",
    "fund_id": 1,
    "status": "active",
    "status_reason": None,
    "identities": [
        {"kind": "national_id", "value": "99900000018", "is_primary": True, "warning": None, "warning_text": None}
    ],
    "enrolments": [{"payroll_id": 1, "payroll_code": "001", "valid_from": "2026-01-01", "valid_to": None}],
    "wage": {"amount": "15770.00", "currency": "DOP"},
    "wage_from": "2026-01-01",
    "version": 3,
    "created_at": "2026-01-02T14:00:00Z",
}


class IdentityCreate(WriteModel):
    """A number under which a register knows somebody."""

    model_config = {**WriteModel.model_config, **example({"kind": "national_id", "value": "999-0000001-8"})}

    kind: IdentityKind
    value: Line

    def as_new(self) -> NewIdentity:
        """Return it as the use cases take it."""
        return NewIdentity(self.kind.value, self.value)


class IdentityAdd(IdentityCreate):
    """An identity for a member; one of the same kind is replaced only where that is asked for."""

    model_config = {
        **WriteModel.model_config,
        **example({"kind": "national_id", "value": "999-0000001-8", "replace": True, "reason": "typing mistake"}),
    }

    replace: bool = False
    reason: Reason | None = None


class IdentityRead(ReadModel):
    """An identity; masked for those who do not need it."""

    kind: IdentityKind
    value: str
    is_primary: bool
    """The one she is filed under."""
    warning: str | None
    warning_text: str | None
    """What to do about it."""


class EnrolmentRead(ReadModel):
    """A time in a payroll; the day in ``valid_to`` is the first one outside."""

    payroll_id: int
    payroll_code: str
    valid_from: dt.date
    valid_to: dt.date | None


class MemberCreate(WriteModel):
    """A member to be enrolled."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "given_names": "María José",
                "first_surname": "Peña",
                "second_surname": "Muñoz",
                "sex": "F",
                "birth_date": "1986-07-03",
                "phone": "809 555 1212",
                "occupation": "peluquera",
                "municipality": "Santo Domingo Este",
                "fund_id": 1,
                "payroll_id": 1,
                "enrolled_from": "2026-01-01",
                "identities": [{"kind": "national_id", "value": "999-0000001-8"}],
                "wage": "15770.00",
                "currency": "DOP",
            }
        ),
    }

    given_names: Line
    first_surname: Line
    second_surname: Text = ""
    sex: Sex
    birth_date: Day
    phone: Text | None = None
    occupation: Text = ""
    municipality: Text = ""
    language: Language | None = None
    """Without it, the mutual's."""
    fund_id: Id | None = None
    payroll_id: Id
    enrolled_from: Day
    identities: Annotated[list[IdentityCreate], Field(max_length=4)] = []
    number: Line | None = None
    """Of an older register; without it the mutual gives the next."""
    wage: AmountText | None = None
    currency: CurrencyCode | None = None
    """Of the wage; needed with one."""
    wage_from: Day | None = None
    """Without it, the day of enrolment."""
    reason: Reason = "enrolment"

    def as_new(self, currency: str, language: str) -> NewMember:
        """Return it as the use case takes it.

        Raises:
            AmountError: The wage is no amount of the currency.
        """
        person = Person(
            given_names=self.given_names,
            first_surname=self.first_surname,
            second_surname=self.second_surname,
            sex=self.sex,
            birth_date=self.birth_date,
            phone=self.phone or None,
            occupation=self.occupation,
            municipality=self.municipality,
            language=self.language or language,
            fund_id=self.fund_id,
        )
        return NewMember(
            person,
            self.payroll_id,
            self.enrolled_from,
            [identity.as_new() for identity in self.identities],
            self.number,
            None if self.wage is None else minor_of(self.wage, currency),
            self.wage_from,
            self.reason,
        )


class MemberUpdate(WriteModel):
    """What to change; what is left out stays."""

    model_config = {**WriteModel.model_config, **example({"phone": "829 555 0000", "reason": "by telephone"})}

    given_names: Line | None = None
    first_surname: Line | None = None
    second_surname: Text | None = None
    sex: Sex | None = None
    birth_date: dt.date | None = None
    phone: Text | None = None
    """Empty takes it away."""
    occupation: Text | None = None
    municipality: Text | None = None
    language: Language | None = None
    fund_id: Id | None = None
    """Null takes her out of her fund; left out, she stays."""
    reason: Reason | None = None

    def changes(self) -> dict[str, Any]:
        """Return field -> new value of what was named."""
        named = self.model_dump(exclude_unset=True, exclude={"reason"})
        changes = {name: value for name, value in named.items() if value is not None or name == "fund_id"}
        if "phone" in changes:
            changes["phone"] = changes["phone"] or None
        return changes


class MemberRead(ReadModel):
    """A member as of now. Numbers are masked for those who do not need them."""

    model_config = {**ReadModel.model_config, **example(MARIA)}

    id: int
    number: str
    given_names: str
    first_surname: str
    second_surname: str
    sex: Sex
    birth_date: dt.date
    phone: str | None
    """E.164."""
    occupation: str
    municipality: str
    language: str
    fund_id: int | None
    status: MemberStatus
    status_reason: str | None
    identities: list[IdentityRead]
    enrolments: list[EnrolmentRead]
    """Newest first."""
    wage: MoneyRead | None
    """In force today."""
    wage_from: dt.date | None
    version: int
    """Stands in the ETag."""
    created_at: dt.datetime

    @classmethod
    def of(cls, profile: Profile, *, is_open: bool) -> Self:
        """Shape a member, with her numbers in the open or masked."""
        member, wage = profile.member, profile.wage
        return cls(
            **{
                **member._asdict(),
                "phone": member.phone if is_open or member.phone is None else mask(member.phone),
                "identities": [_identity(one, is_open) for one in profile.identities],
                "enrolments": [EnrolmentRead.model_validate(one) for one in profile.enrolments],
                "wage": None if wage is None else MoneyRead.of(wage.wage_minor, wage.currency),
                "wage_from": None if wage is None else wage.valid_from,
            }
        )


def _identity(row: Any, is_open: bool) -> IdentityRead:
    return IdentityRead(
        kind=IdentityKind(row.kind),
        value=row.value if is_open else mask(row.value),
        is_primary=row.is_primary,
        warning=row.warning,
        warning_text=WARNINGS.get(row.warning or ""),
    )


class WageCreate(WriteModel):
    """A wage declared from a day on."""

    model_config = {
        **WriteModel.model_config,
        **example({"wage": "16500.00", "currency": "DOP", "valid_from": "2026-03-01", "reason": "more customers"}),
    }

    wage: AmountText
    currency: CurrencyCode
    valid_from: Day
    reason: Reason
    payroll_id: Id | None = None
    """What she earns in this payroll besides what she earns in others; null: in whichever she is declared."""


class PlaceCreate(WriteModel):
    """A further payroll for a member."""

    model_config = {
        **WriteModel.model_config,
        **example({"payroll_id": 2, "first_day": "2026-03-01", "reason": "also drives for the cooperative"}),
    }

    payroll_id: Id
    first_day: Day
    reason: Reason


class PlaceEnd(WriteModel):
    """The end of a member's place in one of several payrolls."""

    model_config = {
        **WriteModel.model_config,
        **example({"payroll_id": 2, "last_day": "2026-03-31", "reason": "sold the car"}),
    }

    payroll_id: Id
    last_day: Day
    reason: Reason


class WageRead(ReadModel):
    """A declared wage; of those for one day the newest record counts."""

    id: int
    payroll_id: int | None
    """Of which payroll alone; null: of whichever she is declared in."""
    wage: MoneyRead
    valid_from: dt.date
    reason: str
    recorded_at: dt.datetime
    actor: str

    @classmethod
    def of(cls, row: Any) -> Self:
        """Shape a row."""
        return cls(
            id=row.id,
            payroll_id=row.payroll_id,
            wage=MoneyRead.of(row.wage_minor, row.currency),
            valid_from=row.valid_from,
            reason=row.reason,
            recorded_at=row.recorded_at,
            actor=row.actor,
        )


class LeaveCreate(WriteModel):
    """A time without work."""

    model_config = {
        **WriteModel.model_config,
        **example({"kind": "maternity", "first_day": "2026-03-01", "last_day": "2026-06-06", "reason": "birth"}),
    }

    kind: LeaveKind
    first_day: Day
    last_day: Day | None = None
    reason: Reason


class LeaveRead(ReadModel):
    """A leave; the day in ``valid_to`` is the first one back."""

    id: int
    kind: LeaveKind
    valid_from: dt.date
    valid_to: dt.date | None
    reason: str
    recorded_at: dt.datetime
    actor: str


class DepartureCreate(WriteModel):
    """When and why a member goes."""

    model_config = {**WriteModel.model_config, **example({"last_day": "2026-03-31", "reason": "moved abroad"})}

    last_day: Day
    reason: Reason
    is_death: bool = False


class ReturnCreate(WriteModel):
    """When and why a member works again."""

    model_config = {
        **WriteModel.model_config,
        **example({"first_day": "2026-05-01", "payroll_id": 1, "reason": "back from abroad"}),
    }

    first_day: Day
    payroll_id: Id | None = None
    """Needed after a departure; from leave she goes back to where she was."""
    reason: Reason


class HistoryRead(ReadModel):
    """One thing that was recorded about a member."""

    at: dt.datetime
    actor: str | None
    kind: Literal[
        "member",
        "change",
        "identity",
        "wage",
        "enrolment",
        "enrolment_end",
        "leave",
        "dependant",
        "dependant_end",
        "step",
    ]
    reason: str | None
    detail: dict[str, Any]

    @classmethod
    def of(cls, row: HistoryRow, *, is_open: bool) -> Self:
        """Shape a row, with numbers in the open or masked."""
        detail = dict(row.detail)
        if "wage_minor" in detail:
            detail["wage"] = text_of(detail.pop("wage_minor"), detail["currency"])
        if not is_open and "before" in detail:
            detail["before"] = {name: _hidden(name, value) for name, value in detail["before"].items()}
        return cls.model_validate({**row._asdict(), "detail": detail})


def _hidden(name: str, value: Any) -> Any:
    is_number = name == "phone" or name.startswith("identity_")
    return mask(value) if is_number and isinstance(value, str) else value


class HistoryListRead(ReadModel):
    """Everything recorded about a member, in the order it was recorded."""

    items: list[HistoryRead]


class WageListRead(ReadModel):
    """A member's declared wages, the newest record first."""

    items: list[WageRead]


class LeaveListRead(ReadModel):
    """A member's leaves, the newest first."""

    items: list[LeaveRead]
