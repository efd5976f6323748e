"""Addresses of a state's own systems that we call besides its API: where it publishes its keys, where it waits for answers.

Small, bounded calls without redirects; the addresses are those that a manager registered.
"""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from gateway.authority.errors import AuthorityUnavailableError, OutcomeUnknownError
from gateway.kit.authorities import trusted

MOST_BYTES = 256 * 1024
SECONDS = 5.0


class StateWeb:
    """Calls one address at a time."""

    def __init__(self, *, http: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            timeout=SECONDS, follow_redirects=False, transport=http, trust_env=False, verify=trusted()
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def read_jwks(self, url: str) -> dict[str, Any]:
        """Return the JWK Set at an address.

        Raises:
            AuthorityUnavailableError: It cannot be reached, or what is there is no JWK Set of at most 256 kB.
        """
        try:
            with self._client.stream(
                "GET", url, headers={"Accept": "application/jwk-set+json, application/json"}
            ) as answer:
                if answer.status_code != 200:
                    raise AuthorityUnavailableError(f"{answer.url.host} answered {answer.status_code} for its keys")
                body = b""
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise AuthorityUnavailableError(
                            f"the keys at {answer.url.host} are longer than {MOST_BYTES} bytes"
                        )
            found = json.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as problem:
            raise AuthorityUnavailableError(f"the keys cannot be read ({type(problem).__name__})") from problem
        if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
            raise AuthorityUnavailableError("what is at the address of the keys is no JWK Set")
        return found

    def post_json(self, url: str, content: Mapping[str, Any]) -> None:
        """Bring a message to an address.

        Raises:
            AuthorityUnavailableError: It cannot be reached; nothing was sent.
            OutcomeUnknownError: Nobody knows whether it was taken, or it was not.
        """
        try:
            answer = self._client.post(url, json=dict(content))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as problem:
            raise AuthorityUnavailableError(f"the address cannot be reached ({type(problem).__name__})") from problem
        except httpx.HTTPError as problem:
            raise OutcomeUnknownError(f"no answer from the address ({type(problem).__name__})") from problem
        if not answer.is_success:
            raise OutcomeUnknownError(f"{answer.url.host} answered {answer.status_code}")
