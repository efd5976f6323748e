"""Who may call what, on whose rows: one table of role, endpoint and owner, read from the routes themselves."""

import json
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from gateway.api.app import description, state_description

HEADING = """# Who may call what, on whose rows

Made from the code by `gateway openapi --write`; not edited by hand. What a row is of another mutual, no caller sees: to the caller it is
not there (404). *Owner* says whose rows a route shows or changes:

- **mutual**: everything of the mutual that the caller works for.
- **own**: what belongs to the member whose token it is, and nothing of anybody else; a helper is one whom the member allowed.
- **state**: what concerns the state that the client stands for, by its scopes.
- **–**: nobody is logged in; the route shows nothing that belongs to somebody, or asks for a secret or a signature of its own.

| method | path | who | owner |
|---|---|---|---|
"""


class Entry(NamedTuple):
    """One row: an endpoint, who may call it, and whose rows it is about."""

    method: str
    path: str
    who: tuple[str, ...]
    """Roles, ``member``, ``helper``, scopes of a state's client, or ``public``."""
    owner: str
    """mutual, own, state, or – where nothing belongs to anybody."""


@cache
def entries() -> tuple[Entry, ...]:
    """Return every endpoint of both descriptions with who may call it."""
    return (*_of(json.loads(description()), "-"), *_of(json.loads(state_description()), "state"))


def table() -> str:
    """Return the table as a document for people."""
    lines = [
        f"| {one.method} | `{one.path}` | {', '.join(one.who)} | {one.owner.replace('-', '–')} |" for one in entries()
    ]
    return HEADING + "\n".join(lines) + "\n"


def _of(document: dict[str, dict[str, dict[str, dict[str, object]]]], owner: str) -> Iterator[Entry]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            roles, members = operation.get("x-roles"), operation.get("x-member")
            if isinstance(members, list):
                yield Entry(method.upper(), path, tuple(members), "own")
            elif isinstance(roles, list):
                yield Entry(method.upper(), path, tuple(roles), "mutual")
            else:
                yield Entry(method.upper(), path, _scopes(operation) or ("public",), owner)


def _scopes(operation: dict[str, object]) -> tuple[str, ...]:
    found = operation.get("x-scopes") or operation.get("x-scope")
    if isinstance(found, str):
        return (found,)
    if isinstance(found, list):
        return tuple(map(str, found))
    asked = operation.get("security")
    one = asked[0] if isinstance(asked, list) and asked else {}
    return tuple(scope for scopes in one.values() for scope in scopes) if isinstance(one, dict) else ()
