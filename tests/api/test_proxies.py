"""Behind proxies tries are counted for who asks; what nobody of ours saw counts for nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.api.calling import InProcess

from gateway.api.app import create_app
from gateway.api.proxies import client_of, counted, networks
from gateway.kit.db import Database
from gateway.settings import Settings

OURS = networks(["10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "told", "client"),
    [
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),  # no proxy of ours: its word counts for nothing
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),  # what stands before was written by anybody
        ("10.0.0.1", "198.51.100.7, 10.2.0.1", "198.51.100.7"),  # two of ours, one behind the other
        ("10.0.0.1", "198.51.100.7:5544", "198.51.100.7"),
        ("fd00::1", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, unknown", "10.0.0.1"),
        ("10.0.0.1", "10.3.0.1", "10.3.0.1"),
        ("not an address", "198.51.100.7", "not an address"),
    ],
)
def test_who_asks_is_whom_the_last_of_our_proxies_saw(peer: str, told: str, client: str) -> None:
    assert client_of(peer, [(b"x-forwarded-for", told.encode())], OURS) == client


def test_a_subscribers_network_of_the_sixth_version_is_one_caller() -> None:
    assert counted("2001:db8:1:2:3::4") == counted("2001:db8:1:2:9::1") != counted("2001:db8:1:3::1")
    assert (counted("::ffff:192.0.2.1"), counted("192.0.2.1"), counted("sc-1")) == ("192.0.2.1", "192.0.2.1", "sc-1")


def test_a_setting_that_is_no_network_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="trusted_proxies"):
        Settings(trusted_proxies=["proxy.example"])


@pytest.fixture
def ask(database: Database) -> Iterator[Callable[..., Any]]:
    """``ask(path, body, told, peer)``: a request by way of a proxy."""
    settings = Settings(
        database_url=database.url,
        log_level="error",
        login_rate_per_minute=2,
        access_per_address=2,
        trusted_proxies=["10.0.0.0/8"],
    )
    with InProcess(create_app(settings, database)) as transport:
        app = transport.app

        def send(path: str, body: Any, told: str, peer: str = "10.0.0.1") -> Any:
            transport._client._transport = httpx.ASGITransport(app=app, client=(peer, 1))
            headers = {"x-forwarded-for": told}
            kind = {"data": body} if path.endswith("/token") else {"json": body}
            return transport.request("POST", path, headers=headers, **kind).status_code

        yield send


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/sessions", {"mutual": "amparo", "username": "nobody", "password": "three mangos on it"}),
        ("/v1/state/oauth/token", {"grant_type": "client_credentials", "client_id": "x"}),
        ("/v1/me/codes", {"mutual": "amparo", "phone": "809-555-0100", "identity": "00112345678"}),
    ],
)
def test_each_client_behind_a_proxy_has_an_allowance_of_its_own_and_nobody_makes_one_up(
    ask: Callable[..., Any], path: str, body: Any
) -> None:
    first = [ask(path, body, "198.51.100.7") for _ in range(3)]
    assert first[2] == 429
    assert 429 not in first[:2]
    assert ask(path, body, "198.51.100.8") != 429
    # Written by the client itself, before what the proxy adds.
    assert ask(path, body, "203.0.113.77, 198.51.100.7") == 429
    # Not through the proxy: the header is nobody's word.
    straight = [ask(path, body, f"198.51.100.{n}", peer="203.0.113.5") for n in range(3)]
    assert straight[2] == 429
