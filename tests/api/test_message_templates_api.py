"""A mutual words its messages itself: checked, dated, previewed, taken back; what was written stays."""

import datetime as dt
from collections.abc import Callable

from tests.api.calling import Caller
from tests.contributions.people import make_members

from gateway.kit import db
from gateway.kit.db import Database
from gateway.notices.write import write_once

Client = Callable[..., Caller]
AT = "/v1/message-templates/payout_returned/es"
OWN = "{mutual}: su pago volvió. Llame al 809-555-0101."


def put(who: Caller, text: str | None, etag: str, **more: object) -> object:
    return who.put(AT, json={"text": text, "reason": "corto", **more}, headers={"if-match": etag})


def told(database: Database, key: str) -> str:
    """Write to a member and return what she is told."""
    with database.session(1) as session:
        member = db.scalar(session, "SELECT min(id) FROM member") or make_members(session, 1)[0]
        write_once(session, member_id=member, kind="payout_returned", key=key, text_params={"mutual": "Amparo"})
        return str(db.scalar(session, "SELECT text FROM notice ORDER BY id DESC LIMIT 1"))


def test_own_words_count_from_their_day_until_the_shipped_ones_count_again(client: Client, database: Database) -> None:
    manager = client("manager")
    shipped = told(database, "one")
    read = manager.get(AT)
    assert (read.headers["etag"], read.json()["own"], read.json()["title"]) == ('"v0"', None, "Un pago volvió")
    worded = put(manager, OWN, '"v0"')
    assert (worded.status_code, worded.headers["etag"], worded.json()["own"]) == (200, '"v1"', OWN)
    assert worded.json()["preview"]["text"] == "Mutual Amparo: su pago volvió. Llame al 809-555-0101."
    assert told(database, "two") == "Amparo: su pago volvió. Llame al 809-555-0101."
    later = put(manager, "{mutual}: luego", '"v1"', valid_from="2199-01-01").json()
    assert (later["own"], later["coming"], later["coming_on"]) == (OWN, "{mutual}: luego", "2199-01-01")
    assert told(database, "three").startswith("Amparo: su pago")
    again = put(manager, None, '"v2"').json()
    assert (again["own"], again["version"]) == (None, 3)
    assert told(database, "four") == shipped
    kept = manager.get(f"{AT}/wordings").json()["items"]
    assert [(one["version"], one["text"]) for one in kept] == [(3, None), (2, "{mutual}: luego"), (1, OWN)]
    logged = client("auditor").get("/v1/audit-log?action=message_template").json()["items"]
    assert [one["action"].partition(".")[2] for one in logged] == ["reset", "word", "word"]


def test_words_that_could_not_be_sent_and_a_version_that_has_passed_are_refused(client: Client) -> None:
    manager = client("manager")
    assert put(manager, OWN, '"v0"').status_code == 200
    for text, etag, more, status, code in (
        ("{name}", '"v1"', {}, 422, "template_invalid"),
        (OWN, '"v1"', {"valid_from": str(dt.date(2026, 4, 1))}, 422, "template_invalid"),
        (OWN, '"v0"', {}, 412, "changed_meanwhile"),
    ):
        refused = put(manager, text, etag, **more)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert manager.get("/v1/message-templates/no_such/es").status_code == 404
    assert manager.get("/v1/message-templates/payout_returned/zz").json()["code"] == "template_unknown"
    assert put(client("cashier"), OWN, '"v1"').status_code == 403


def test_a_wording_is_looked_at_before_it_is_saved(client: Client) -> None:
    manager = client("manager")
    at = "/v1/message-templates/reminder_short/es/preview"
    shown = manager.post(at, {"text": "Pague {amount} hasta {until}. {reference}"}).json()
    assert shown["text"] == "Pague 4,923.27 hasta 31/12/2026. RF18M000017"
    assert shown["length"] == {"letters": 44, "is_wide": False, "parts": 1}
    missing = manager.post(at, {"text": "Pague {amount}"}).json()["errors"]
    assert [one["detail"].partition("}")[0] for one in missing] == ["{reference", "{until"]
    kinds = manager.get("/v1/message-templates").json()["items"]
    assert len(kinds) == 4 * len({one["kind"] for one in kinds})
