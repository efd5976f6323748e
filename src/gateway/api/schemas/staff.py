"""Log-ins and staff users."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gateway.api.schemas.common import Line, ReadModel, WriteModel, example
from gateway.staff.models import Role

ANA = {
    "id": 1,
    "username": "ana",
    "full_name": "Ana Pérez",
    "roles": ["cashier"],
    "language": "es",
    "is_active": True,
    "version": 3,
    "created_at": "2026-03-01T12:00:00Z",
}
Language = Literal["es", "en", "fr"]
Password = Annotated[str, StringConstraints(min_length=1, max_length=200), Field(examples=["tres mangos en la mesa"])]
Roles = Annotated[list[Role], Field(max_length=7)]


class SessionCreate(WriteModel):
    """A log-in."""

    model_config = example({"mutual": "amparo", "username": "ana", "password": "tres mangos en la mesa"})

    mutual: Line
    username: Line
    password: Password
    code: Annotated[str, StringConstraints(max_length=20), Field(examples=["492039"])] | None = None
    """Of the second factor, or a recovery code, where the person has set one up."""


class StaffUserRead(ReadModel):
    """A person of the back office."""

    model_config = {**ReadModel.model_config, **example(ANA)}

    id: int
    username: str
    full_name: str
    roles: list[Role]
    language: str
    is_active: bool
    version: int
    """Stands in the ETag."""
    created_at: dt.datetime


class StaffMeRead(ReadModel):
    """Who is logged in, and at which mutual."""

    user_id: int
    username: str
    full_name: str
    roles: list[Role]
    language: str
    mutual: str
    mutual_name: str
    country: str
    currency: str
    time_zone: str
    today: dt.date


class SessionRead(ReadModel):
    """A new session; its token is shown this once."""

    token: str
    expires_at: dt.datetime
    staff_user: StaffUserRead


class StaffUserCreate(WriteModel):
    """Somebody to take on."""

    model_config = example(
        {
            "username": "ana",
            "full_name": "Ana Pérez",
            "password": "tres mangos en la mesa",
            "roles": ["cashier"],
            "language": "es",
        }
    )

    username: Line
    full_name: Line
    password: Password
    roles: Roles
    language: Language = "es"


class StaffUserUpdate(WriteModel):
    """What to change; what is left out stays."""

    model_config = example({"roles": ["cashier", "collector"]})

    full_name: Line | None = None
    password: Password | None = None
    roles: Roles | None = None
    language: Language | None = None
    is_active: bool | None = None
