"""A state's systems at two mutuals, each with a filing: clients with keys, tokens, signed requests."""

import base64
import datetime as dt
import json
import uuid
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import OKPKey
from tests.api.calling import InProcess
from tests.filing.filing_town import payroll_of, sealed

from gateway.api.app import state_description
from gateway.filing.queries import list_documents
from gateway.kit import db, http_signatures
from gateway.kit.db import Database
from gateway.settings import Settings
from gateway.statelink.register import NewClient, register_client
from gateway.statelink.states import Scope

URL = "http://gateway.test"
TOKEN = "/v1/state/oauth/token"
EVERYTHING = [scope.value for scope in Scope]


@cache
def described() -> str:
    """The description of the state's side, made once for every file of tests."""
    return state_description()


def now() -> dt.datetime:
    """The moment, as tokens and signatures count it."""
    return dt.datetime.now(dt.UTC)


def new_key(kid: str = "one") -> dict[str, Any]:
    """A private key of a client's."""
    return dict(OKPKey.generate_key("Ed25519", {"kid": kid}).as_dict(private=True))


def public(*keys: dict[str, Any]) -> dict[str, Any]:
    """The JWK Set of keys."""
    return {"keys": [http_signatures.public_part(key) for key in keys]}


def settings_of(database: Database, folder: Path, **more: Any) -> Settings:
    """Settings of the application under test, with everything of the state's side switched on."""
    clock = folder / "today"
    clock.write_text("2026-04-02")
    on = {"demo": True, "clock_file": clock, "public_url": URL, "state_fhir": True, "state_registry": True}
    rates = {"login_rate_per_minute": 100_000}
    return Settings(database_url=database.url, log_level="error", **{**on, **rates, **more})


@dataclass
class System:
    """A system of the state: its key, its id, and how it calls."""

    transport: InProcess
    client_id: str
    key: dict[str, Any]
    token: str | None = None
    signs: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def assertion(self, *, alg: str = "Ed25519", key: Any = None, kid: str | None = None, **changes: Any) -> str:
        """A signed assertion; ``changes`` replace claims, None takes one out."""
        stamp = int(now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": URL + TOKEN,
            "iat": stamp,
            "exp": stamp + 120,
            "jti": str(uuid.uuid4()),
        }
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        key = key or OKPKey.import_key(self.key)
        header = {"alg": alg, "kid": kid or self.key["kid"]}
        return jwt.encode(header, claims, key, algorithms=[alg])

    def ask(self, assertion: str | None = None, **form: str) -> httpx.Response:
        """Ask for a token."""
        content = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion if assertion is not None else self.assertion(),
            **form,
        }
        given = {name: value for name, value in content.items() if value}
        return self.transport.request("POST", TOKEN, data=given, headers=self.headers)

    def log_in(self, *scopes: str) -> "System":
        """Get a token and keep it."""
        answer = self.ask(scope=" ".join(scopes))
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return self

    def call(self, method: str, path: str, body: Any = None, *, sign: Any = None, **more: Any) -> httpx.Response:
        """Call a route; a body is JSON unless it is bytes."""
        headers = {**self.headers, **more.pop("headers", {})}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        if body is not None:
            headers.setdefault("content-type", "application/json")
        if self.signs:
            given = {"method": method, "url": URL + path, "headers": headers, "body": content}
            headers.update(http_signatures.sign(self.key, **{**given, "now": now(), **(sign or {})}))
        return self.transport.request(method, path, content=content or None, headers=headers)

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        """Post something."""
        return self.call("POST", path, body, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Read something."""
        return self.call("GET", path, **more)


def register(
    database: Database, transport: InProcess, *, mutual: int = 1, name: str | None = None, **more: Any
) -> System:
    """Register a client with a key of its own."""
    key = new_key()
    asked: dict[str, Any] = {"scopes": EVERYTHING, "jwks": public(key), "rate_per_minute": 100_000, **more}
    with database.session(mutual) as session:
        new = NewClient(name=name or uuid.uuid4().hex, **asked)
        row = register_client(session, new, actor="staff:mara", over_tls=False)
    return System(transport, row.client_id, key)


@dataclass(frozen=True)
class Filed:
    """A sealed filing of a mutual."""

    filing_id: int
    reference: uuid.UUID
    document: uuid.UUID
    person: str
    member_id: int


def file_for(database: Database, mutual: int) -> Filed:
    """Seal a filing of two people at a mutual."""
    with database.session(mutual) as session:
        payroll_id, members = payroll_of(session, 2, paid=[0, 1])
        filing = sealed(session, payroll_id)
        document = list_documents(session, filing.id)[0]
        person = db.scalar(session, "SELECT value FROM member_identity WHERE member_id = :id", {"id": members[0]})
        return Filed(filing.id, filing.reference, document.reference, person, members[0])


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """A JWT that says it needs no signature."""

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part(header)}.{part(claims)}."


def looks(database: Database, mutual: int = 1) -> list[Any]:
    """Rows of the audit log about looks, oldest first."""
    statement = (
        "SELECT actor, subject_kind, subject_id, reason, detail FROM audit_log WHERE action = 'state.look' ORDER BY id"
    )
    with database.session(mutual) as session:
        return db.rows(session, statement)
