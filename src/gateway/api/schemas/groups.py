"""Funds and payrolls, which members stand in."""

import datetime as dt

from gateway.api.schemas.common import Line, ReadModel, WriteModel, example


class FundCreate(WriteModel):
    """A fund to be founded."""

    model_config = {
        **WriteModel.model_config,
        **example({"code": "F1", "name": "Peluqueras del Este", "treasurer": "Luz Marte"}),
    }

    code: Line
    name: Line
    treasurer: Line | None = None


class FundRead(ReadModel):
    """A self-managed group of members with money of its own."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "id": 1,
                "code": "F1",
                "name": "Peluqueras del Este",
                "treasurer": "Luz Marte",
                "created_at": "2026-01-02T14:00:00Z",
            }
        ),
    }

    id: int
    code: str
    name: str
    treasurer: str | None
    created_at: dt.datetime


class PayrollCreate(WriteModel):
    """A payroll to be opened."""

    model_config = {**WriteModel.model_config, **example({"code": "001", "name": "Peluqueras"})}

    code: Line
    name: Line
    employer_number: Line | None = None
    """Of an employer the mutual files for, who is registered before; without it, the mutual's own."""


class PayrollRead(ReadModel):
    """The state's key under which members are declared."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "id": 1,
                "code": "001",
                "name": "Peluqueras",
                "employer_number": "401999999",
                "is_active": True,
                "created_at": "2026-01-02T14:00:00Z",
            }
        ),
    }

    id: int
    code: str
    name: str
    employer_number: str
    is_active: bool
    created_at: dt.datetime
