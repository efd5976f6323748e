"""Who gets a token: the client that shows its own key, for us, now, once; and what a token is good for."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey, OKPKey
from tests.api.calling import InProcess
from tests.statelink.conftest import World
from tests.statelink.state_town import TOKEN, URL, new_key, now, public, register, settings_of, unsigned

from gateway.api.app import create_app
from gateway.api.state_access import StateSide
from gateway.authority.web import StateWeb
from gateway.kit import db
from gateway.statelink import admit
from gateway.statelink.errors import ClientInvalidError, ReplayedError
from gateway.statelink.register import NewClient, disable_client, register_client, rotate_keys
from gateway.statelink.rules import TOKEN_MINUTES
from gateway.statelink.states import ClientMethod, Scope

CERTIFICATE = "ab" * 32


def stamp(**ahead: float) -> int:
    return int((now() + dt.timedelta(**ahead)).timestamp())


def test_a_client_gets_a_short_token_for_what_it_asked_for_and_no_more(world: World) -> None:
    answer = world.system.ask(scope="filings:read coverage:read")
    told = answer.json()
    assert (answer.status_code, told["token_type"], told["expires_in"]) == (200, "Bearer", TOKEN_MINUTES * 60)
    assert told["scope"] == "coverage:read filings:read"
    assert answer.headers["cache-control"] == "no-store"
    with world.database.session(1) as session:
        kept = db.rows(session, "SELECT token_sha256 FROM state_client_token")
    assert all(told["access_token"] not in row.token_sha256 for row in kept)


REFUSED: dict[str, Callable[[], dict[str, Any]]] = {
    "expired": lambda: {"exp": stamp(minutes=-2)},
    "good for an hour": lambda: {"exp": stamp(hours=1)},
    "without an end": lambda: {"exp": None},
    "an end that is no time": lambda: {"exp": "tomorrow"},
    "from the future": lambda: {"iat": stamp(minutes=3)},
    "not yet good": lambda: {"nbf": stamp(minutes=3)},
    "for somebody else": lambda: {"aud": "https://bank.example/token"},
    "for nobody": lambda: {"aud": None},
    "about another client": lambda: {"sub": "sc-1-0000000000000000"},
    "without an identifier of its own": lambda: {"jti": None},
    "with a short identifier": lambda: {"jti": "1"},
    "by a client that is not there": lambda: {"iss": "sc-1-0000000000000000", "sub": "sc-1-0000000000000000"},
    "by a client of no mutual": lambda: {"iss": "sc-999-0000000000000000", "sub": "sc-999-0000000000000000"},
    "by a name of another form": lambda: {"iss": "admin", "sub": "admin"},
    "by an unknown key": lambda: {"kid": "other"},
}
"""Claims as they stand when the test runs: a suite takes minutes, and what was the future at its start is past."""


@pytest.mark.parametrize("how", REFUSED)
def test_an_assertion_that_does_not_hold_gives_no_token(world: World, how: str) -> None:
    answer = world.system.ask(world.system.assertion(**REFUSED[how]()))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid_client"


def test_a_forged_or_unsigned_assertion_or_one_signed_with_the_public_key_as_a_secret_gives_no_token(
    world: World,
) -> None:
    system = world.system
    claims = {"iss": system.client_id, "sub": system.client_id, "aud": URL, "exp": stamp(minutes=1), "jti": "x" * 10}
    header = {"alg": "none", "kid": "one"}
    secret = OctKey.import_key(public(system.key)["keys"][0]["x"], {"kid": "one"})
    foreign = OKPKey.import_key(new_key())
    forged = [
        unsigned(claims, header),
        unsigned(claims, {**header, "alg": "Ed25519"}),
        unsigned(claims, {**header, "alg": "None"}),
        system.assertion(alg="HS256", key=secret),
        system.assertion(key=foreign),
        system.assertion()[:-8] + "AAAAAAAA",
        "not.a.jwt",
        "nothing",
    ]
    for one in forged:
        answer = system.ask(one)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), one


def test_an_assertion_is_good_once_also_at_the_same_moment(world: World) -> None:
    used = world.system.assertion()
    assert world.system.ask(used).status_code == 200
    again = world.system.ask(used)
    assert (again.status_code, again.json()["code"], again.json()["error"]) == (401, "replayed", "invalid_client")


def test_another_grant_another_scope_and_another_client_id_are_refused_in_oauths_words(world: World) -> None:
    narrow = register(world.database, world.transport, scopes=["filings:read"])
    answers = [
        narrow.ask(grant_type="authorization_code"),
        narrow.ask(scope="coverage:read"),
        narrow.ask(scope="everything"),
        narrow.ask(client_id=world.system.client_id),
        narrow.ask(client_assertion_type="urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
        world.transport.request("POST", TOKEN, data={"grant_type": "client_credentials"}),
    ]
    told = [(one.status_code, one.json()["error"]) for one in answers]
    assert told == [
        (400, "unsupported_grant_type"),
        (400, "invalid_scope"),
        (400, "invalid_scope"),
        (401, "invalid_client"),
        (401, "invalid_client"),
        (401, "invalid_client"),
    ]


def test_the_older_name_of_ed25519_and_a_list_of_audiences_are_understood(world: World) -> None:
    system = world.system
    text = system.assertion(aud=["https://other.example", URL])
    assert system.ask(text).status_code == 200
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert system.ask(system.assertion(alg="EdDSA")).status_code == 200


def test_a_rotated_key_counts_no_longer_and_both_count_while_both_are_named(world: World) -> None:
    system = register(world.database, world.transport)
    old, new = system.key, new_key("two")
    with world.database.session(1) as session:
        rotate_keys(session, system.client_id, actor="staff:mara", jwks=public(old, new))
    assert system.ask().status_code == 200
    system.key = new
    assert system.ask().status_code == 200
    with world.database.session(1) as session:
        rotate_keys(session, system.client_id, actor="staff:mara", jwks=public(new))
    assert system.ask().status_code == 200
    system.key = old
    assert system.ask().status_code == 401


def test_a_disabled_client_can_do_nothing_with_the_token_it_has(world: World) -> None:
    system = register(world.database, world.transport).log_in()
    path = f"/v1/state/filings/{world.filed.reference}"
    assert system.get(path).status_code == 200
    with world.database.session(1) as session:
        assert not disable_client(session, system.client_id, reason="left", actor="staff:mara").is_active
    assert system.get(path).json()["code"] == "invalid_token"
    assert system.ask().json()["error"] == "invalid_client"


def test_a_token_runs_out(world: World) -> None:
    with world.database.session(None) as session:
        later = now() + dt.timedelta(minutes=TOKEN_MINUTES, seconds=1)
        with pytest.raises(Exception, match="expired"):
            admit.recognise(session, world.system.token or "", certificates=(), now=later)
        assert admit.recognise(session, world.system.token or "", certificates=(), now=now()).mutual.id == 1


def test_what_was_used_is_forgotten_only_when_it_would_be_too_old(world: World) -> None:
    with world.database.session(1) as session:
        client = db.one(session, "SELECT id FROM state_client ORDER BY id LIMIT 1")
        until = now() + dt.timedelta(minutes=5)
        admit.see(session, client.id, "nonce", "n-1", until=until, now=now())
        with pytest.raises(ReplayedError):
            admit.see(session, client.id, "nonce", "n-1", until=until, now=until - dt.timedelta(seconds=1))
        admit.see(session, client.id, "nonce", "n-1", until=until, now=until + dt.timedelta(seconds=1))


def test_a_client_has_its_own_allowance(world: World) -> None:
    system = register(world.database, world.transport, rate_per_minute=2).log_in()
    path = f"/v1/state/filings/{world.filed.reference}"
    answers = [system.get(path) for _ in range(5)]
    assert {one.status_code for one in answers[-2:]} == {429}
    assert answers[-1].json()["code"] == "too_many_requests"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].headers["ratelimit-policy"] == '"client";q=2;w=60'
    assert answers[-1].headers["ratelimit"].startswith('"client";r=0;t=')
    assert "ratelimit" in answers[0].headers, "told before it is used up"
    assert world.system.get(path).status_code == 200


# Requests that must be signed


@pytest.fixture(scope="module")
def signing(world: World) -> Any:
    system = register(world.database, world.transport, name="signs", needs_signature=True).log_in()
    system.signs = True
    return system


def _event(number: int) -> dict[str, Any]:
    about = {"filing_id": "0b7e6f0a-5a3b-4f0e-9a55-4f2c6d1a7e11"}
    return {"id": f"s-{number}", "type": "filing.answered", "timestamp": "2026-04-01T09:00:00-04:00", "data": about}


def test_where_a_client_signs_an_unsigned_changed_replayed_or_stale_request_is_refused(
    world: World, signing: Any
) -> None:
    path = "/v1/state/line-results"
    assert signing.post(path, _event(1)).status_code == 202
    bare = dataclasses.replace(signing, signs=False)
    refusals = [
        bare.post(path, _event(2)),
        signing.post(path, _event(3), sign={"url": URL + "/v1/state/bills"}),
        signing.post(path, _event(4), sign={"body": b"{}"}),
        signing.post(path, _event(5), sign={"now": now() - dt.timedelta(minutes=6)}),
        signing.post(path, _event(6), sign={"now": now() + dt.timedelta(minutes=6)}),
        dataclasses.replace(signing, key=new_key()).post(path, _event(7)),
        dataclasses.replace(signing, key=new_key("unknown")).post(path, _event(8)),
    ]
    assert [(one.status_code, one.json()["code"]) for one in refusals] == [(401, "signature_invalid")] * 7
    once = "nonce-of-this-request"
    assert signing.get("/v1/state/pushes/s-1", sign={"nonce": once}).status_code == 200
    again = signing.get("/v1/state/pushes/s-1", sign={"nonce": once})
    assert (again.status_code, again.json()["code"]) == (401, "replayed")
    with world.database.session(1) as session:
        statement = "SELECT event_id FROM inbox_message WHERE source = :source"
        kept = db.rows(session, statement, {"source": f"state:{signing.client_id}"})
    assert [row.event_id for row in kept] == ["s-1"]


def test_a_nonce_stays_used_though_its_request_failed(signing: Any) -> None:
    first = signing.get("/v1/state/pushes/nothing", sign={"nonce": "nonce-of-a-miss"})
    second = signing.get("/v1/state/pushes/nothing", sign={"nonce": "nonce-of-a-miss"})
    assert (first.json()["code"], second.json()["code"]) == ("push_unknown", "replayed")


# Keys at an address, certificates


def test_keys_at_an_address_are_read_when_needed_and_an_unknown_key_not_twice_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = register(world.database, world.transport, jwks=None, jwks_url="http://keys.example/jwks")
    served, calls = {"keys": public(system.key)["keys"]}, []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(str(request.url))
        return httpx.Response(200, json=served)

    side = world.transport.app.state.state_side
    monkeypatch.setattr(side, "web", StateWeb(http=httpx.MockTransport(answer)))
    assert [system.ask().status_code for _ in range(2)] == [200, 200]
    assert calls == ["http://keys.example/jwks"]
    old, system.key = system.key, new_key("two")
    served["keys"] = public(old, system.key)["keys"]
    assert [system.ask().status_code for _ in range(2)] == [401, 401]
    assert len(calls) == 1, "within a minute the address is left alone"
    _age(world, system.client_id, minutes=2)
    assert system.ask().status_code == 200
    _age(world, system.client_id, minutes=61)
    monkeypatch.setattr(side, "web", StateWeb(http=httpx.MockTransport(lambda _: httpx.Response(500))))
    assert system.ask().status_code == 200, "what cannot be read leaves the known keys in force"


def _age(world: World, client_id: str, *, minutes: int) -> None:
    statement = (
        "UPDATE state_client SET jwks_read_at = now() - make_interval(mins => :minutes) WHERE client_id = :client_id"
    )
    with world.database.session(1) as session:
        db.run(session, statement, {"minutes": minutes, "client_id": client_id})


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(302, headers={"location": "http://inside/"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[1]),
        httpx.Response(200, content=b" " * 300_000),
    ],
)
def test_what_is_no_key_set_is_not_taken_for_one(answer: httpx.Response) -> None:
    web = StateWeb(http=httpx.MockTransport(lambda _: answer))
    with pytest.raises(Exception, match="key"):
        web.read_jwks("http://keys.example/jwks")


def test_a_certificate_counts_on_a_trusted_proxys_word_alone_and_its_token_with_it_alone(
    world: World, tmp_path: Any
) -> None:
    more = {"state_certificate_header": "x-client-cert", "state_san_header": "x-client-san"}
    shown = {"x-client-cert": ":".join([CERTIFICATE[:2].upper()] * 32)}
    for trusted in (["127.0.0.0/8"], ["10.0.0.0/8"], []):
        settings = settings_of(world.database, tmp_path, state_trusted_proxies=trusted, **more)
        with InProcess(create_app(settings, world.database)) as transport:
            means = {
                "method": ClientMethod.TLS_CLIENT_AUTH,
                "certificates": [CERTIFICATE, "san:tss.example"],
                "jwks": None,
            }
            system = register(world.database, transport, **means)
            system.headers = dict(shown)
            answer = system.ask("", client_id=system.client_id, client_assertion_type="")
            if trusted != ["127.0.0.0/8"]:
                assert answer.status_code == 401
                continue
            system.token = answer.json()["access_token"]
            path = f"/v1/state/filings/{world.filed.reference}"
            assert system.get(path).status_code == 200
            system.headers = {}
            assert system.get(path).json()["code"] == "invalid_token"
            system.headers = {"x-client-cert": "cd" * 32}
            assert system.ask("", client_id=system.client_id, client_assertion_type="").status_code == 401
            system.headers = {"x-client-san": "TSS.example"}
            assert system.ask("", client_id=system.client_id, client_assertion_type="").status_code == 200
            system.headers = dict(shown)
            other = world.system.client_id
            assert system.ask("", client_id=other, client_assertion_type="").status_code == 401


@pytest.mark.parametrize(
    "asked",
    [
        {"scopes": ["everything"], "jwks": public(new_key())},
        {"scopes": [], "jwks": public(new_key())},
        {"scopes": ["filings:read"]},
        {"scopes": ["filings:read"], "jwks": {"keys": []}},
        {"scopes": ["filings:read"], "jwks": {"keys": True}},
        {"scopes": ["filings:read"], "jwks": {"keys": 2**70}},
        {"scopes": ["filings:read"], "jwks": {"keys": [*public(new_key())["keys"], "a key"]}},
        {"scopes": ["filings:read"], "jwks": {"keys": [{"kty": "oct", "k": "AAAA", "kid": "1"}]}},
        {"scopes": ["filings:read"], "jwks": public(new_key(), new_key())},
        {"scopes": ["filings:read"], "jwks_url": "http://state.example/jwks"},
        {"scopes": ["filings:read"], "jwks_url": "https://user@state.example/jwks"},
        {"scopes": ["filings:read"], "jwks": public(new_key()), "jwks_url": "https://state.example/jwks"},
        {"scopes": ["filings:read"], "jwks": public(new_key()), "callback_url": "ftp://state.example"},
        {"scopes": ["filings:read"], "method": ClientMethod.TLS_CLIENT_AUTH},
        {"scopes": ["filings:read"], "method": ClientMethod.TLS_CLIENT_AUTH, "certificates": ["abc"]},
        {
            "scopes": ["filings:read"],
            "method": ClientMethod.TLS_CLIENT_AUTH,
            "certificates": [CERTIFICATE],
            "needs_signature": True,
        },
    ],
)
def test_a_client_that_could_not_show_itself_is_not_registered(world: World, asked: dict[str, Any]) -> None:
    with world.database.session(1) as session, pytest.raises(ClientInvalidError):
        register_client(session, NewClient(name="wrong", **asked), actor="staff:mara")


def test_a_private_key_that_is_handed_in_by_mistake_is_not_kept(world: World) -> None:
    with world.database.session(1) as session:
        new = NewClient(name="careless", scopes=[Scope.READ_FILINGS.value], jwks={"keys": [new_key()]})
        assert "d" not in register_client(session, new, actor="staff:mara").jwks["keys"][0]


def test_what_all_requests_share_is_made_once_for_an_application(world: World) -> None:
    assert isinstance(world.transport.app.state.state_side, StateSide)
