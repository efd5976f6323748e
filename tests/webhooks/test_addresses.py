"""Nothing is sent inside a private network: not by form, not by name, not by a redirect, not by a name that changes its mind."""

import datetime as dt
import socket
from typing import Any

import pytest
from tests.webhooks.hook_town import Hands, RunningReceiver, deliveries, happen, rows, want

from gateway.kit.db import Database
from gateway.webhooks import send
from gateway.webhooks.errors import WebhookAddressError
from gateway.webhooks.rules import check_url, is_public, pause_asked

PRIVATE = [
    "127.0.0.1", "10.0.0.7", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
    "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
    "64:ff9b::a00:1", "2002:a00:1::1", "2001:db8::1", "2001:0:0:0:0:0:f5ff:fffe",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *(f"https://[{one}]/x" if ":" in one else f"https://{one}/x" for one in PRIVATE),
        "http://partner.example/x", "ftp://partner.example/x", "file:///etc/passwd", "https:///x", "https://", "partner.example",
        "https://user@partner.example/x", "https://a:b@partner.example/x", "https://partner.example/x#y", "https://partner.example:0/",
        "https://partner.example:99999/", "https://localhost/x", "https://gateway.internal/x", "https://printer.local/x",
        "https://2130706433/x", "https://0x7f.0.0.1/x", "https://127.1/x", "https://intranet/x", "https://pártner.example/x",
        "https://partner.example\\@10.0.0.1/x", "https://partner.example/ x", "https://partner.example/\tx", f"https://partner.example/{'x' * 2000}",
        "https://[::1/x", "https://LOCALHOST./x", "https://10.0.0.7./x",
    ],
)  # fmt: skip
def test_an_address_that_may_lead_inside_is_refused_when_it_is_given(url: str) -> None:
    with pytest.raises(WebhookAddressError):
        check_url(url, private=False)


def test_a_public_address_is_taken_and_a_sandbox_may_be_inside() -> None:
    for url in ("https://partner.example/x?y=1", "https://partner.example:8443/", "https://8.8.8.8/x"):
        assert check_url(url, private=False) == url
    assert check_url("http://127.0.0.1:8093/hooks/a", private=True)


def names(found: list[str]) -> Any:
    """A name server that gives these addresses, one list a question, the last for ever."""
    answers = [one.split(",") for one in found]

    def look_up(host: str, port: int, **_more: Any) -> list[Any]:
        assert host == "partner.example"
        given = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in given]

    return look_up


@pytest.mark.parametrize("found", [["10.0.0.7"], ["8.8.8.8,10.0.0.7"], ["fe80::1%eth0"]], ids=str)
def test_a_name_that_stands_for_something_inside_is_not_called(
    database: Database, monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    want(database, "https://partner.example/hooks", "day.closed")
    happen(database)
    monkeypatch.setattr(send.socket, "getaddrinfo", names(found))
    Hands(database, private=False).work()
    (row,) = rows(database, "SELECT http_status, answer FROM webhook_attempt")
    told = "not sent: partner.example is, or may be, inside a private network; nothing is sent there"
    assert (row.http_status, row.answer) == (None, told)
    assert deliveries(database) == [("day.closed", "waiting", 1)]


def test_the_connection_goes_to_the_address_that_was_checked_whatever_the_name_says_a_moment_later(
    database: Database, receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer is a public address, every later one the receiver beside us: it must hear nothing."""
    receiver.believe(want(database, f"https://partner.example:{receiver.port}/hooks", "day.closed").secret)
    happen(database)
    connected: list[Any] = []
    with monkeypatch.context() as patched:
        patched.setattr(send.socket, "getaddrinfo", names(["8.8.8.8", "127.0.0.1"]))
        patched.setattr(send.socket, "create_connection", lambda where, *_a, **_k: connected.append(where) or refuse())
        Hands(database, private=False).work()
    assert connected == [("8.8.8.8", receiver.port)]
    assert receiver.effects()["requests"] == 0


def refuse() -> None:
    raise OSError("nobody here")


def test_a_redirect_is_not_followed(database: Database, receiver: RunningReceiver, hands: Hands) -> None:
    receiver.believe(want(database, f"{receiver.url}/hooks/a", "day.closed").secret)
    receiver.script({"on": "webhook", "do": "redirect", "location": f"{receiver.url}/hooks/elsewhere"})
    happen(database)
    hands.work()
    assert receiver.effects()["requests"] == 0
    (row,) = rows(database, "SELECT http_status FROM webhook_attempt")
    assert row.http_status == 307


def test_a_pause_is_read_in_seconds_or_as_a_date_and_never_longer_than_a_day() -> None:
    now = dt.datetime(2026, 4, 2, 12, tzinfo=dt.UTC)
    asked = {
        "120": 120, "0": 0, "Thu, 02 Apr 2026 12:10:00 GMT": 600, "Thu, 02 Apr 2026 11:00:00 GMT": 0, "999999999": 86400,
        "Thu, 02 Apr 2026 12:10:00": 600, "soon": None, "-5": None, "": None, "1.5": None,
    }  # fmt: skip
    for header, seconds in asked.items():
        found = pause_asked(header, now=now)
        assert (found.total_seconds() if found is not None else None) == seconds, header
    assert pause_asked(None, now=now) is None
