"""A second factor stands: whoever knows no more than a password, or holds no more than a token, gets nowhere."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import psycopg
import pyotp
import pytest
from tests.api.calling import Caller, InProcess
from tests.api.conftest import PASSWORD, token_for
from tests.paying import open_bank, owe

from gateway.kit import db
from gateway.kit.db import Database
from gateway.settings import Settings
from gateway.site import create_app
from gateway.staff.second_factor import begin_factor, confirm_factor
from gateway.staff.vault import Vault


class Mara(NamedTuple):
    """A manager with a second factor, and whoever calls with her token or her password."""

    transport: InProcess
    database: Database
    caller: Caller
    app: pyotp.TOTP
    vault: Vault

    def code(self, steps: int = 0) -> str:
        """The code of the half minute that is so many away; each is taken once."""
        return self.app.at(time.time() + 30 * steps)

    def factor(self) -> tuple[bytes, bool]:
        with self.database.session(1) as session:
            row = db.one(session, "SELECT sealed_secret, confirmed_at IS NOT NULL AS stands FROM staff_factor")
        return bytes(row.sealed_secret), row.stands

    def user_id(self) -> int:
        with self.database.session(1) as session:
            return int(db.scalar(session, "SELECT id FROM staff_user WHERE username = 'mara'"))

    def send(self, path: str, **typed: str) -> httpx.Response:
        """Send a form of the office as a browser would that somebody else programs: its token is easily made."""
        cookies = {cookie.name: cookie.value or "" for cookie in self.transport.cookies}
        secret = cookies.get("o_session") or cookies["o_visitor"]
        token = hmac.new(secret.encode(), path.encode(), hashlib.sha256).hexdigest()
        return self.transport.request("POST", path, data={"_token": token, "_once": path, **typed})

    def begin(self) -> httpx.Response:
        self.transport.request("GET", "/o/enter")
        return self.send("/o/enter", mutual="amparo", username="mara", password=PASSWORD)


@pytest.fixture
def mara(settings: Settings, database: Database, tmp_path: Path) -> Iterator[Mara]:
    placed = settings.model_copy(update={"data_dir": tmp_path})
    vault = Vault(placed.second_factor_key())
    token = token_for(database, "manager", name="mara")
    with database.session(1) as session:
        user = db.one(session, "SELECT id, username FROM staff_user WHERE username = 'mara'")
        app = pyotp.TOTP(begin_factor(session, user.id, vault))
        confirm_factor(session, user, app.at(time.time() - 30), vault)
    with InProcess(create_app(placed, database)) as transport:
        yield Mara(transport, database, Caller(transport, {"authorization": f"Bearer {token}"}), app, vault)


def test_a_password_alone_puts_no_other_second_factor_in_its_place(mara: Mara) -> None:
    before = mara.factor()
    assert "o_waiting" in mara.begin().headers["set-cookie"]
    for otp in ("000000", mara.code()):
        refused = mara.send("/o/enter/set-up", otp=otp)
        assert refused.status_code == 409
        assert "Ya hay un segundo factor" in refused.text
        assert "otpauth" not in refused.text
        assert "o_session" not in refused.headers.get("set-cookie", "")
    assert mara.factor() == before
    assert mara.send("/o/enter/code", otp=mara.code()).status_code == 303, "hers still lets her in"


def test_an_open_desk_puts_no_other_second_factor_in_its_place(mara: Mara) -> None:
    before = mara.factor()
    mara.begin()
    assert mara.send("/o/enter/code", otp=mara.code()).status_code == 303
    assert mara.send("/o/second-factor/begin").status_code == 409
    assert mara.send("/o/second-factor/confirm", otp=mara.code(1)).status_code == 409
    assert mara.factor() == before


def test_an_open_desk_takes_no_second_factor_off(mara: Mara) -> None:
    mara.begin()
    assert mara.send("/o/enter/code", otp=mara.code()).status_code == 303
    before, her = mara.factor(), mara.user_id()
    own = f"/o/administration/people/{her}/second-factor"
    for at, more in (("/o/second-factor/end", {}), ("/o/second-factor/recovery-codes", {}), (own, {"reason": "mine"})):
        asked = mara.send(at, **more)
        (seal,) = re.findall('name="_sure" value="([^"]+)"', asked.text)
        assert "El código que su aplicación muestra ahora" in asked.text, at
        sure = mara.send(at, _sure=seal, otp="000000", **more)
        assert "El código no es correcto" in sure.text, at
    assert mara.factor() == before
    assert failures(mara) == 3
    at = f"/v1/staff-users/{her}/second-factor?reason=mine"
    assert mara.caller.delete(at).json()["code"] == "second_factor_needed"
    assert mara.caller.delete(at, headers={"second-factor-code": mara.code(1)}).status_code == 204
    with mara.database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM staff_factor WHERE confirmed_at IS NOT NULL") == 0


@pytest.fixture
def draft(mara: Mara) -> int:
    """A payout batch that somebody else prepared, in a mutual that asks for a fresh code where money goes out."""
    other = token_for(mara.database, "benefits_officer", name="bruno")
    with psycopg.connect(mara.database.url) as owner:
        asked = json.dumps({"second_factor_at_release": True})
        owner.execute("UPDATE mutual SET settings = settings || %s::jsonb WHERE mutual_id = 1", [asked])
    with mara.database.session(1) as session:
        open_bank(session)
        owe(session, [500_00])
    prepared = Caller(mara.transport, {"authorization": f"Bearer {other}"}).post(
        "/v1/payout-batches", {"provider": "orange"}
    )
    assert prepared.status_code == 201, prepared.text
    return int(prepared.json()["id"])


def failures(mara: Mara) -> int:
    with mara.database.session(1) as session:
        return int(db.scalar(session, "SELECT failed_logins FROM staff_user WHERE username = 'mara'"))


def test_a_token_alone_releases_no_money_where_a_fresh_code_is_asked_for(mara: Mara, draft: int) -> None:
    release = f"/v1/payout-batches/{draft}/release"
    missing = mara.caller.post(release)
    assert (missing.status_code, missing.json()["code"]) == (401, "second_factor_needed")
    wrong = mara.caller.post(release, headers={"second-factor-code": "000000"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "factor_code_wrong")
    assert failures(mara) == 1, "a wrong code counts as a wrong password does"
    code = {"second-factor-code": mara.code()}
    released = mara.caller.post(release, key="release-1", headers=code)
    assert (released.status_code, released.json()["status"]) == (201, "released"), released.text
    again = mara.caller.post(release, key="release-1")
    assert again.headers["idempotency-replayed"] == "true", "a repeat moves nothing and needs no code"
    used = mara.caller.post("/v1/payment-orders/1/release", headers=code)
    assert used.json()["code"] == "factor_code_wrong", "a code is taken once, whatever it was for"


def test_a_payment_of_the_states_bill_asks_for_it_too(mara: Mara, draft: int) -> None:
    assert mara.caller.post("/v1/payment-orders/1/release").json()["code"] == "second_factor_needed"
    found = mara.caller.post("/v1/payment-orders/1/release", headers={"second-factor-code": mara.code()})
    assert found.status_code == 404, "the code was right; there is no such payment"
