"""Signatures between servers: what is covered, when it holds, and that the key alone says how it was made."""

import datetime as dt
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from gateway.kit import http_signatures
from gateway.kit.signing import SignatureError

NOW = dt.datetime(2026, 4, 1, 9, tzinfo=dt.UTC)
URL = "https://gateway.example/v1/state/events?x=1"
SENT = {"Content-Type": "application/json", "Idempotency-Key": '"a"'}
BODY = b'{"type": "filing.answered"}'
KEYS = {
    "ed25519": OKPKey.generate_key("Ed25519", {"kid": "one"}),
    "p256": ECKey.generate_key("P-256", {"kid": "one"}),
    "rsa": RSAKey.generate_key(2048, {"kid": "one"}),
}


def signed(key: Any, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"method": "POST", "url": URL, "headers": SENT, "body": BODY, "now": NOW, **changes}
    added = http_signatures.sign(key.as_dict(private=True), **given)
    given.pop("nonce", None)
    return {**given, "headers": [*given["headers"].items(), *added.items()]}


def public(key: Any) -> dict[str, Any]:
    return http_signatures.read_keys({"keys": [http_signatures.public_part(key.as_dict(private=True))]})


@pytest.mark.parametrize("kind", KEYS)
def test_a_signed_request_is_known_by_its_key_and_time(kind):
    request = signed(KEYS[kind])
    verified = http_signatures.verify(public(KEYS[kind]), **request)
    assert (verified.key_id, verified.created) == ("one", NOW)
    assert len(verified.nonce) >= 8


@pytest.mark.parametrize(
    "change",
    [
        {"body": b'{"type": "filing.rejected"}'},
        {"url": URL + "&y=2"},
        {"method": "PUT"},
        {"now": NOW + dt.timedelta(minutes=5, seconds=1)},
        {"now": NOW - dt.timedelta(minutes=5, seconds=1)},
    ],
)
def test_a_request_that_is_not_as_it_was_signed_is_refused(change):
    with pytest.raises(SignatureError):
        http_signatures.verify(public(KEYS["ed25519"]), **{**signed(KEYS["ed25519"]), **change})


@pytest.mark.parametrize("name", ["Content-Type", "Idempotency-Key"])
def test_a_header_that_decides_something_may_not_be_put_in_or_changed_on_the_way(name):
    request = signed(KEYS["ed25519"], headers={k: v for k, v in SENT.items() if k != name})
    request["headers"].append((name, "put in"))
    with pytest.raises(SignatureError, match="not covered"):
        http_signatures.verify(public(KEYS["ed25519"]), **request)


def test_a_body_without_a_signed_digest_is_refused():
    request = signed(KEYS["ed25519"], body=b"")
    with pytest.raises(SignatureError):
        http_signatures.verify(public(KEYS["ed25519"]), **{**request, "body": BODY})


def test_another_key_under_the_same_name_and_a_name_that_is_not_known_are_refused():
    other = OKPKey.generate_key("Ed25519", {"kid": "one"})
    with pytest.raises(SignatureError):
        http_signatures.verify(public(other), **signed(KEYS["ed25519"]))
    with pytest.raises(SignatureError, match="none of the keys in force"):
        http_signatures.verify({}, **signed(KEYS["ed25519"]))


def test_what_the_message_says_of_its_algorithm_does_not_count():
    request = signed(KEYS["ed25519"])
    request["headers"] = [(name, value.replace("ed25519", "hmac-sha256")) for name, value in request["headers"]]
    with pytest.raises(SignatureError):
        http_signatures.verify(public(KEYS["ed25519"]), **request)


def test_a_message_with_two_signatures_or_none_or_a_short_nonce_is_refused():
    request = signed(KEYS["ed25519"])
    twice = [*request["headers"], *[(n, v.replace("sig1=", "sig2=")) for n, v in request["headers"] if "ignature" in n]]
    for headers in (twice, list(SENT.items())):
        with pytest.raises(SignatureError):
            http_signatures.verify(public(KEYS["ed25519"]), **{**request, "headers": headers})
    with pytest.raises(SignatureError, match="nonce"):
        http_signatures.verify(public(KEYS["ed25519"]), **signed(KEYS["ed25519"], nonce="short"))


def test_symmetric_and_short_keys_are_no_keys_of_a_sender():
    weak = {"kty": "RSA", "kid": "short", "n": "v" * 170, "e": "AQAB"}
    secret = OctKey.generate_key(256, {"kid": "secret"}).as_dict(private=True)
    assert http_signatures.read_keys({"keys": [weak, secret, "no key"]}) == {}
    assert http_signatures.read_keys({"keys": "nothing"}) == {}
