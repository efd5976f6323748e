"""What the mutual decided for itself: each setting with its meaning, changed one by one, with a reason."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.responses import Response

from gateway.administration.rules import (
    ROLES_WITH_LIMIT,
    Setting,
    SettingKind,
    check_value,
    declared,
    find_setting,
    group_names,
)
from gateway.administration.settings import change_settings, list_setting_changes, settings_now
from gateway.backoffice.areas.administration.place import MANAGER, area, crumbs
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.faults import PageUnknownError
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import N_, ROLES
from gateway.kit.money import currency_of, parse_amount
from gateway.ledger.bank_accounts import BankAccountRow, list_bank_accounts
from gateway.payouts.rules import provider_of

AT = "/administration/settings"
LATEST = 20
UNITS = {
    "seconds": N_("seconds"),
    "days": N_("days"),
    "day_of_month": N_("day of the month"),
    "payouts": N_("payouts"),
}


@area.page(AT, *MANAGER)
def settings(desk: Desk) -> Response:
    """Show every setting by its group, and what was changed lately."""
    now, language, accounts = settings_now(desk.session), desk.words.language, list_bank_accounts(desk.session)
    called = _called(accounts)
    names = [(name, setting) for setting in declared() for name in _names(setting, accounts)]
    groups = [
        (
            title,
            [
                (name, setting, _title(desk, setting, name, called), _in_words(desk, setting, now.values.get(name)))
                for name, setting in names
                if setting.group == group
            ],
        )
        for group, title in group_names(language).items()
    ]
    changes = [
        (
            row,
            [
                (
                    name,
                    _title_of(desk, name, called),
                    *(_in_words(desk, find_setting(name), change[side]) for side in ("before", "after")),
                )
                for name, change in row.changes.items()
            ],
        )
        for row in list_setting_changes(desk.session, before=2**31 - 1, limit=LATEST)
    ]
    return desk.page(
        "administration/settings.html",
        groups=groups,
        values=now.values,
        changes=changes,
        language=language,
        may=desk.may(MANAGER),
        crumbs=crumbs(desk, (N_("Settings"), "")),
    )


def _show_setting(desk: Desk, form: Form, name: str) -> Response:
    setting = _known(name)
    now = settings_now(desk.session)
    value = now.values.get(name)
    present: dict[str, Any] = {"value": _typed(setting, value)}
    if setting.kind is SettingKind.ROLES:
        present = {f"role-{role}": "1" if role in (value or []) else None for role in setting.choices}
    form.over(present, now.version)
    title = _title(desk, setting, name, _called(list_bank_accounts(desk.session)))
    return desk.page(
        "administration/setting.html",
        form=form,
        name=name,
        setting=setting,
        title=title,
        meaning=setting.meanings[desk.words.language],
        now=_in_words(desk, setting, value),
        unit=desk.words.say(UNITS[setting.unit]) if setting.unit else "",
        choices=[(one, setting.choice_in(one, desk.words.language)) for one in setting.choices],
        roles=[(role, desk.words.say(ROLES[role])) for role in setting.choices]
        if setting.kind is SettingKind.ROLES
        else [],
        may=desk.may(MANAGER) and not setting.is_operators,
        crumbs=crumbs(desk, (N_("Settings"), AT), (title, "")),
    )


def _sure(desk: Desk, form: Form, name: str) -> Confirmation | None:
    setting = _known(name)
    value = _read(desk, form, setting, name)
    form.text("reason", required=True, most=500)
    if not setting.is_weighty or form.errors:
        return None
    words, before = desk.words, settings_now(desk.session).values.get(name)
    return Confirmation(
        words.say(
            "Change the setting “{name}” from “{before}” to “{after}”",
            name=_title(desk, setting, name, _called(list_bank_accounts(desk.session))),
            before=_in_words(desk, setting, before),
            after=_in_words(desk, setting, value),
        ),
        words.say("Change it"),
        f"{AT}/{name}",
        [(words.say("What it does"), setting.meanings[words.language])],
    )


@area.act(
    f"{AT}/{{name}}",
    *MANAGER,
    show=_show_setting,
    confirm=_sure,
    fields={"own_limit": "value", "setting_of_operator": "value"},
)
def change_setting(desk: Desk, form: Form, name: str) -> Go:
    """Change one setting, or take it away."""
    setting = _known(name)
    value, reason = _read(desk, form, setting, name), form.text("reason", required=True, most=500)
    form.check()
    roles = [role.value for role in desk.roles]
    change_settings(desk.session, {name: value}, reason=reason, actor=desk.actor, roles=roles, version=form.version)
    return Go(AT, N_("The setting is changed."))


def _known(name: str) -> Setting:
    setting = find_setting(name)
    if setting is None:
        raise PageUnknownError(f"no setting is called {name!r}")
    return setting


def _names(setting: Setting, accounts: Sequence[BankAccountRow]) -> list[str]:
    """Return the names that a setting has here: one for each provider or role it is of."""
    if "{role}" in setting.name:
        return [setting.name.replace("{role}", role) for role in ROLES_WITH_LIMIT]
    if "{provider}" not in setting.name:
        return [setting.name]
    is_banks = setting.name.endswith(".pain_version")
    is_payers = setting.name.endswith((".debit_party", ".url"))
    wanted = [one for one in accounts if not (is_banks or is_payers) or (one.kind == "bank") == is_banks]
    found = [setting.name.replace("{provider}", provider_of(one.ledger_code)) for one in wanted]
    return [name for name in found if find_setting(name) is setting]


def _called(accounts: Sequence[BankAccountRow]) -> dict[str, str]:
    """Return what each provider is called, by its name in settings."""
    return {provider_of(one.ledger_code): one.name for one in accounts}


def _title(desk: Desk, setting: Setting, name: str, called: Mapping[str, str]) -> str:
    label = setting.labels[desk.words.language]
    if "{role}" in setting.name:
        return f"{label}: {desk.words.say(ROLES[name.rpartition('.')[2]])}"
    if not setting.is_of_many:
        return label
    provider = name.split(".")[1]
    return f"{label}: {called.get(provider, provider)}"


def _title_of(desk: Desk, name: str, called: Mapping[str, str]) -> str:
    setting = find_setting(name)
    return name if setting is None else _title(desk, setting, name, called)


def _typed(setting: Setting, value: Any) -> str:
    if value is None:
        return ""
    if setting.kind is SettingKind.FLAG:
        return "yes" if value else "no"
    if setting.kind is SettingKind.TEXTS:
        return "\n".join(f"{key}: {text}" for key, text in value.items())
    if setting.kind is SettingKind.KEEPING:
        return "\n".join(f"{one['from']}: {one['days']}" for one in value)
    return str(value)


def _in_words(desk: Desk, setting: Setting | None, value: Any) -> str:
    words = desk.words
    if value is None:
        usual = setting.default if setting else None
        if setting is None or usual is None:
            return words.say("not set")
        return words.say("not set ({usual} counts)", usual=setting.choice_in(usual, words.language))
    if setting is None:
        return str(value)
    if setting.kind is SettingKind.AMOUNT:
        return words.amount(parse_amount(str(value), currency_of(desk.mutual.currency)), desk.mutual.currency)
    if setting.kind is SettingKind.FLAG:
        return words.say("Yes") if value else words.say("No")
    if setting.kind is SettingKind.CHOICE:
        return setting.choice_in(value, words.language)
    if setting.kind is SettingKind.ROLES:
        return ", ".join(words.say(ROLES[role]) for role in value)
    unit = words.say(UNITS[setting.unit]) if setting.unit else ""
    return f"{_typed(setting, value)} {unit}".replace("\n", "; ").strip()


def _read(desk: Desk, form: Form, setting: Setting, name: str) -> Any:
    """Read what was typed as the setting's value; empty takes it away."""
    if setting.kind is SettingKind.ROLES:
        return [role for role in setting.choices if form.has(f"role-{role}")] or None
    text = form.text("value", most=1000)
    if not text:
        return None
    value: Any = text
    if setting.kind is SettingKind.AMOUNT:
        minor = form.amount("value", desk.mutual.currency)
        value = (
            ""
            if minor is None
            else f"{minor / 10 ** currency_of(desk.mutual.currency).exponent:.{currency_of(desk.mutual.currency).exponent}f}"
        )
    elif setting.kind is SettingKind.FLAG:
        value = {"yes": True, "no": False}.get(text, text)
    elif setting.kind is SettingKind.WHOLE:
        value = int(text) if text.isascii() and text.isdigit() else text
    elif setting.kind is SettingKind.TEXTS:
        value = dict(_pairs(text))
    elif setting.kind is SettingKind.KEEPING:
        value = [{"from": day, "days": int(days) if days.isdigit() else days} for day, days in _pairs(text)]
    kept, problem = check_value(name, value, currency_of(desk.mutual.currency))
    if problem is not None and "value" not in form.errors:
        form.fault("value", _fault(setting), least=setting.least, most=setting.most, choices=", ".join(setting.choices))
    return kept


FAULTS = {
    SettingKind.TEXT: N_("This cannot be its value; look at the letters and its length."),
    SettingKind.ADDRESS: N_("Not an address; it begins with https://"),
    SettingKind.CHOICE: N_("Choose one of the list."),
    SettingKind.FLAG: N_("Choose one of the list."),
    SettingKind.WHOLE: N_("Write a whole number from {least} to {most}."),
    SettingKind.AMOUNT: N_("Not an amount of the mutual's money."),
    SettingKind.TEXTS: N_("Write one pair a line: name: value."),
    SettingKind.KEEPING: N_("Write one pair a line: a day, a colon, and how many days, for example 2026-01-01: 30."),
    SettingKind.ROLES: N_("Choose at least one role."),
}


def _fault(setting: Setting) -> str:
    return FAULTS[setting.kind]


def _pairs(text: str) -> list[tuple[str, str]]:
    found = [line.partition(":") for line in text.splitlines() if line.strip()]
    return [(key.strip(), value.strip()) for key, _, value in found]
