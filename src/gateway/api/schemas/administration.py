"""Settings, the log, and the health of connections."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from gateway.administration.rules import Setting, SettingKind, Standing, declared, find_setting
from gateway.administration.search_log import LogKind
from gateway.administration.settings import SettingsNow
from gateway.api.schemas.common import ReadModel, Reason, WriteModel, example

SET = {
    "name": "pay_until_day",
    "group": "contributions",
    "kind": "whole",
    "label": "Last day of the month to pay",
    "meaning": "Up to which day of the month members pay; without it, the last. It stands in the reminders.",
    "value": 25,
    "default": None,
    "is_set": True,
    "is_of_many": False,
    "is_operators": False,
    "is_weighty": False,
    "least": 1,
    "most": 31,
    "unit": "day_of_month",
    "choices": [],
}


class SettingRead(ReadModel):
    """One thing a mutual may set, and what it is set to."""

    model_config = {**ReadModel.model_config, **example(SET)}

    name: str
    """The whole name; with {provider} or {role} in it, one that may be set for each of several."""
    group: str
    kind: SettingKind
    label: str
    meaning: str
    value: Any
    """Null where it is not set."""
    default: Any
    is_set: bool
    is_of_many: bool
    is_operators: bool
    """The operator sets it by command; nobody else may."""
    is_weighty: bool
    least: int | None
    most: int | None
    unit: str | None
    choices: list[str]


class SettingsRead(ReadModel):
    """Everything a mutual may set."""

    version: int
    settings: list[SettingRead]

    @classmethod
    def of(cls, now: SettingsNow, language: str) -> "SettingsRead":
        """Shape the settings: what is declared in its order, after each what is set of those that stand for several."""
        shown = []
        for setting in declared():
            shown.append(_setting(setting, setting.name, now.values, language))
            if setting.is_of_many:
                set_of_it = [name for name in now.values if find_setting(name) is setting]
                shown += [_setting(setting, name, now.values, language) for name in sorted(set_of_it)]
        return cls(version=now.version, settings=shown)


def _setting(setting: Setting, name: str, values: Mapping[str, Any], language: str) -> SettingRead:
    return SettingRead(
        name=name,
        group=setting.group,
        kind=setting.kind,
        label=setting.labels[language],
        meaning=setting.meanings[language],
        value=values.get(name),
        default=setting.default,
        is_set=name in values,
        is_of_many="{" in name,
        is_operators=setting.is_operators,
        is_weighty=setting.is_weighty,
        least=setting.least,
        most=setting.most,
        unit=setting.unit,
        choices=list(setting.choices),
    )


class SettingsUpdate(WriteModel):
    """Settings to change; what is not named stays, null takes one away."""

    model_config = example({"changes": {"pay_until_day": 25}, "reason": "decided by the assembly of 2026-03-01"})

    changes: Annotated[dict[str, Any], Field(min_length=1, max_length=50)]
    reason: Reason


class SettingChangeRead(ReadModel):
    """One change of the settings."""

    version: int
    changes: dict[str, Any]
    reason: str
    actor: str
    at: dt.datetime


class LogEntryRead(ReadModel):
    """One row of the log: a change with a name, or a step of a state machine. Numbers of people are masked."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "at": "2026-04-02T13:00:00Z",
                "kind": "change",
                "id": 17,
                "actor": "staff:ana",
                "action": "receipt.reverse",
                "subject_kind": "receipt",
                "subject_id": "12",
                "reason": "typed in twice",
                "detail": {"amount_minor": 450000},
                "from_state": None,
                "to_state": None,
                "trace_id": None,
                "evidence_id": None,
            }
        ),
    }

    at: dt.datetime
    kind: LogKind
    id: int
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    reason: str | None
    detail: dict[str, Any]
    from_state: str | None
    to_state: str | None
    trace_id: str | None
    evidence_id: int | None


class ConnectionRead(ReadModel):
    """How one way out of the house, or into it, is doing."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "kind": "payer",
                "name": "momo:orange",
                "standing": "failing",
                "succeeded_at": "2026-04-01T09:12:45Z",
                "waiting_count": 1,
                "waiting_since": "2026-04-02T08:00:00Z",
                "failure_count": 3,
                "failing_since": "2026-04-02T08:00:10Z",
                "failed_at": "2026-04-02T08:20:10Z",
                "last_error": "the payer did not answer within 30 seconds",
            }
        ),
    }

    kind: str
    name: str
    standing: Standing
    succeeded_at: dt.datetime | None
    waiting_count: int
    waiting_since: dt.datetime | None
    failure_count: int
    failing_since: dt.datetime | None
    failed_at: dt.datetime | None
    last_error: str | None


class ConnectionList(ReadModel):
    """Every connection, those that fail first."""

    items: list[ConnectionRead]
