"""A mutual's settings over HTTP and by command: what there is, what is refused, who changed what."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import Session
from tests.api.calling import Caller

from gateway.administration.rules import check_value, declared, find_setting, flatten, nest, raises_own_limit
from gateway.kit import tenant
from gateway.kit.db import Database
from gateway.kit.money import currency_of

SOURCE = Path(__file__).resolve().parents[2] / "src" / "gateway"
DOP = currency_of("DOP")
Client = Callable[..., Caller]
WHY = "decided by the assembly"


def patch(who: Caller, changes: dict[str, object], etag: str = '"v0"') -> object:
    return who.patch("/v1/settings", {"changes": changes, "reason": WHY}, etag=etag)


def value(answer: object, name: str) -> object:
    return {one["name"]: one["value"] for one in answer.json()["settings"]}[name]


def test_every_setting_is_told_in_three_languages_and_its_default_is_one_it_may_have() -> None:
    for setting in declared():
        assert all(setting.labels.values()), setting.name
        assert all(setting.meanings.values()), setting.name
        plain = setting.name.replace("{provider}", "bank:main").replace("{role}", "manager")
        assert find_setting(plain) is setting
        if setting.default is not None:
            assert check_value(plain, setting.default, DOP) == (setting.default, None)


READ = re.compile(r"""settings\)?\.get\((?:"([a-z_]+)"|([A-Z]+))(?:, \{\}\)\.get\("([a-z_]+)")?""")


def test_whatever_the_code_reads_of_a_mutuals_settings_is_declared() -> None:
    names = [setting.name for setting in declared()]
    unknown = []
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text("utf-8")
        for first, constant, second in READ.findall(text):
            value = re.search(rf'^{constant} = "([a-z_]+)"', text, re.MULTILINE) if constant else None
            whole = ".".join(filter(None, (value.group(1) if value else first, second)))
            if not any(name == whole or name.startswith(f"{whole}.") for name in names):
                unknown.append(f"{path.relative_to(SOURCE)}: {whole}")
    assert not unknown


def test_settings_are_flat_for_people_and_nested_as_they_are_stored() -> None:
    stored = {
        "payouts": {"bank:main": {"batch_limit": 5, "debit_party": {"organisationid": "a"}}, "release_limits": {"manager": "9.00"}, "code_days": 3},
        "state_account": {"name": "Tesorería", "account": "9600000099"},
        "webhooks": {"keep": [{"from": "2026-01-01", "days": 30}]},
    }  # fmt: skip
    flat = flatten(stored)
    assert flat["payouts.bank:main.debit_party"] == {"organisationid": "a"}
    assert (flat["payouts.release_limits.manager"], flat["payouts.code_days"]) == ("9.00", 3)
    assert nest(flat) == stored


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pay_until_day", 32), ("pay_until_day", "25"), ("pay_until_day", True), ("state_account.account", "12 34"),
        ("state_account.bank_identifier", "SHORT"), ("authority_channel", "fax"), ("benefits.float_limit", "-1"),
        ("benefits.float_limit", 1.5), ("payouts.orange.minimum", "1.234"), ("payouts.orange.url", "ftp://x"),
        ("payouts.orange.debit_party", {}), ("webhooks.keep", [{"from": "2026-01-01", "days": 0}]), ("second_factor_roles", ["boss"]), ("second_factor_at_release", "yes"), ("colour", 1),
        ("payouts.release_limits.cashier", "1.00"), ("payouts.code_days.minimum", "1.00"),
    ],
)  # fmt: skip
def test_what_a_setting_cannot_be_is_said_at_its_place(name: str, value: object) -> None:
    kept, problem = check_value(name, value, DOP)
    assert kept is None
    assert problem is not None
    assert problem.pointer == f"/changes/{name}"


def test_nobody_raises_or_takes_away_the_limit_of_a_role_of_hers() -> None:
    limit = {"payouts.release_limits.manager": "100.00"}
    assert raises_own_limit(limit, {}, ["manager"], DOP) == "manager"
    assert raises_own_limit(limit, {"payouts.release_limits.manager": "100.01"}, ["manager"], DOP) == "manager"
    assert raises_own_limit(limit, {"payouts.release_limits.manager": "99.00"}, ["manager"], DOP) is None
    assert raises_own_limit(limit, {}, ["accountant"], DOP) is None


def test_a_manager_changes_settings_once_read_and_the_change_counts_at_once(client: Client, database: Database) -> None:
    manager = client("manager")
    read = manager.get("/v1/settings")
    assert (read.headers["etag"], value(read, "pay_until_day")) == ('"v0"', None)
    changed = patch(manager, {"pay_until_day": 25, "payouts.release_limits.manager": 5000000})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v1"')
    assert value(changed, "payouts.release_limits.manager") == "5000000.00"
    with database.session(1) as session:
        assert tenant.current(session).settings == {
            "pay_until_day": 25,
            "payouts": {"release_limits": {"manager": "5000000.00"}},
        }
    with database.session(2) as session:
        assert tenant.current(session).settings == {}
    again = patch(manager, {"pay_until_day": 25}, etag='"v1"')
    assert (again.status_code, again.headers["etag"]) == (200, '"v1"')
    told = manager.get("/v1/setting-changes").json()["items"]
    assert [(one["version"], one["changes"]["pay_until_day"], one["actor"]) for one in told] == [
        (1, {"before": None, "after": 25}, "staff:manager")
    ]
    logged = client("auditor").get("/v1/audit-log?action=settings").json()["items"]
    assert [(one["action"], one["reason"]) for one in logged] == [("settings.change", WHY)]


def test_what_a_manager_may_not_is_refused_and_nothing_changes(client: Client, database: Database) -> None:
    manager = client("manager")
    assert patch(manager, {"payouts.release_limits.manager": "100.00"}).status_code == 200
    for changes, etag, status, code in (
        ({"pay_until_day": 3}, '"v0"', 412, "changed_meanwhile"),
        ({"state_url": "https://elsewhere.example/"}, '"v1"', 403, "setting_of_operator"),
        ({"payouts.release_limits.manager": None}, '"v1"', 409, "own_limit"),
        ({"pay_until_day": 0, "colour": 1}, '"v1"', 422, "setting_invalid"),
    ):
        refused = patch(manager, changes, etag)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert {one["pointer"] for one in refused.json()["errors"]} == {"/changes/pay_until_day", "/changes/colour"}
    assert patch(client("accountant"), {"pay_until_day": 3}).status_code == 403
    assert client("auditor").get("/v1/settings").status_code == 200
    with database.session(1) as session:
        assert settings_of(session) == {"payouts.release_limits.manager": "100.00"}


def settings_of(session: Session) -> dict[str, object]:
    return flatten(tenant.current(session).settings)
