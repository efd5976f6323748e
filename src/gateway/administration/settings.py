"""Read a mutual's settings, and change them: one list of what there is, each change with a reason and a number."""

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.administration import queries
from gateway.administration.errors import OwnLimitError, SettingInvalidError, SettingOfOperatorError
from gateway.administration.rules import check_value, find_setting, flatten, nest, raises_own_limit
from gateway.kit import audit, db, tenant
from gateway.kit.errors import PreconditionError
from gateway.kit.money import currency_of

CHANGED = "settings.change"


class SettingsNow(NamedTuple):
    """A mutual's settings as they are."""

    version: int
    """Counts changes; the ETag."""
    values: Mapping[str, Any]
    """By whole name; only what is set."""


def settings_now(session: Session) -> SettingsNow:
    """Return the settings of this transaction's mutual."""
    version = int(db.scalar(session, queries.SETTINGS_VERSION))
    return SettingsNow(version, flatten(tenant.current(session).settings))


def change_settings(
    session: Session,
    changes: Mapping[str, Any],
    *,
    reason: str,
    actor: str,
    roles: Collection[str] | None,
    version: int | None = None,
) -> SettingsNow:
    """Change some settings and return all of them; what is not named stays. Values that are there already change nothing.

    Args:
        session: The open transaction.
        changes: Whole name -> value as in JSON; None takes a setting away.
        reason: Why, for the log.
        actor: Who.
        roles: Hers; None for the operator, who may set everything.
        version: The version that was read; None where it does not matter.

    Raises:
        SettingInvalidError: Names every setting that there is not, or that cannot be so.
        SettingOfOperatorError: Where the gateway's secrets are sent is not for the mutual to say.
        OwnLimitError: It would raise the limit of a role that the actor has.
        PreconditionError: Somebody changed them since they were read.
    """
    db.one(session, queries.LOCK_SETTINGS)
    now = settings_now(session)
    if version is not None and version != now.version:
        raise PreconditionError(
            f"the settings are version {now.version}, the change was made to version {version}; read them again"
        )
    currency = currency_of(tenant.current(session).currency)
    checked = {name: check_value(name, value, currency) for name, value in changes.items()}
    problems = [problem for _, problem in checked.values() if problem is not None]
    if problems:
        raise SettingInvalidError(f"{problems[0].pointer}: {problems[0].detail}", errors=problems)
    told = {
        name: {"before": now.values.get(name), "after": value}
        for name, (value, _) in checked.items()
        if now.values.get(name) != value
    }
    if not told:
        return now
    after = {name: value for name, value in now.values.items() if name not in told}
    after |= {name: change["after"] for name, change in told.items() if change["after"] is not None}
    if roles is not None:
        _may(told, now.values, after, roles, currency)
    tenant.configure(session, nest(after))
    made = {"version": now.version + 1, "changes": json.dumps(told), "reason": reason, "actor": actor}
    db.run(session, queries.INSERT_CHANGE, made)
    audit.record(
        session, actor=actor, action=CHANGED, subject_kind="mutual", subject_id="settings", reason=reason, detail=told
    )
    return SettingsNow(now.version + 1, after)


def list_setting_changes(session: Session, *, before: int, limit: int) -> list[Any]:
    """Return what was changed of the settings, newest first, older than a version."""
    return db.rows(session, queries.CHANGES, {"before": before, "limit": limit})


def _may(
    told: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any], roles: Collection[str], currency: Any
) -> None:
    for name in told:
        setting = find_setting(name)
        if setting is not None and setting.is_operators:
            raise SettingOfOperatorError(
                f"{name} says where the gateway's credential is sent; whoever runs the gateway sets it"
                " with gateway mutual configure"
            )
    role = raises_own_limit(before, after, roles, currency)
    if role is not None:
        raise OwnLimitError(
            f"this raises the limit of {role}, which you are; somebody without that role or the operator may"
        )
