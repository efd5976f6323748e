"""``state client``: the state's systems that may ask and tell us things."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.acting import (
    ApplyOption,
    JsonOption,
    MutualOption,
    acting,
    print_fields,
    print_json,
    print_table,
    reading,
)
from gateway.statelink import queries
from gateway.statelink.errors import ClientInvalidError
from gateway.statelink.register import DEFAULT_RATE, NewClient, disable_client, register_client, rotate_keys
from gateway.statelink.states import ClientMethod

SHOWN = ("client_id", "name", "method", "scopes", "kids", "jwks_url", "certificates", "needs_signature", "rate_per_minute", "callback_url", "is_active")  # fmt: skip

ClientArgument = Annotated[str, typer.Argument(help="The client's id, as list shows it.")]
KeysOption = Annotated[Path | None, typer.Option("--jwks", help="File with its public keys, a JWK Set.")]
UrlOption = Annotated[str | None, typer.Option("--jwks-url", help="https address where its keys are read.")]
CertificateOption = Annotated[
    list[str], typer.Option("--certificate", help="SHA-256 fingerprint, or san: and a name; may be repeated.")
]


def add_to(group: typer.Typer) -> None:
    """Add these commands to the group ``state``."""
    client = typer.Typer(help="The state's clients: who may ask and tell us what.", no_args_is_help=True)
    client.command("add")(add)
    client.command("rotate")(rotate)
    client.command("list")(list_)
    client.command("disable")(disable)
    group.add_typer(client, name="client")


def add(
    name: Annotated[str, typer.Option(help="What it is called, once per mutual.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What it may do; may be repeated.")],
    method: Annotated[ClientMethod, typer.Option(help="How it shows who it is.")] = ClientMethod.PRIVATE_KEY_JWT,
    jwks: KeysOption = None,
    jwks_url: UrlOption = None,
    certificate: CertificateOption = [],  # noqa: B006 — typer copies it
    needs_signature: Annotated[bool, typer.Option("--signed", help="Each of its requests must be signed.")] = False,
    rate: Annotated[int, typer.Option(help="Requests a minute.", min=1)] = DEFAULT_RATE,
    callback_url: Annotated[str | None, typer.Option(help="Where answers to its searches are brought.")] = None,
    mutual: MutualOption = None,
    apply: ApplyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Register a client of the state and print the id it uses from now on."""
    keys = _read(jwks)
    with acting(mutual, apply=apply) as at:
        new = NewClient(
            name=name,
            scopes=scope,
            method=method,
            jwks=keys,
            jwks_url=jwks_url,
            certificates=certificate,
            needs_signature=needs_signature,
            rate_per_minute=rate,
            callback_url=callback_url,
        )
        row = register_client(at.session, new, actor=at.actor, over_tls=not at.settings.demo)
        _print(row, as_json)


def rotate(
    client_id: ClientArgument,
    jwks: KeysOption = None,
    jwks_url: UrlOption = None,
    certificate: CertificateOption = [],  # noqa: B006 — typer copies it
    mutual: MutualOption = None,
    apply: ApplyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Replace a client's keys or certificates; put the old one beside the new while both are to count."""
    keys = _read(jwks)
    with acting(mutual, apply=apply) as at:
        row = rotate_keys(
            at.session,
            client_id,
            actor=at.actor,
            jwks=keys,
            jwks_url=jwks_url,
            certificates=certificate,
            over_tls=not at.settings.demo,
        )
        _print(row, as_json)


def list_(mutual: MutualOption = None, as_json: JsonOption = False) -> None:
    """List the clients, disabled ones too."""
    with reading(mutual) as at:
        rows = [_plain(row) for row in queries.list_clients(at.session)]
    if as_json:
        print_json({"clients": rows})
        return
    columns = ("client_id", "name", "method", "scopes", "kids", "is_active")
    print_table(columns, [[_cell(row[name]) for name in columns] for row in rows])


def disable(
    client_id: ClientArgument,
    reason: Annotated[str, typer.Option(help="Why, for the log.")],
    mutual: MutualOption = None,
    apply: ApplyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Let a client do nothing from now on, with the tokens it has."""
    with acting(mutual, apply=apply) as at:
        _print(disable_client(at.session, client_id, reason=reason, actor=at.actor), as_json)


def _read(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        raise ClientInvalidError(f'{path} holds no JWK Set; expected {{"keys": [...]}}')
    return found


def _plain(row: Any) -> dict[str, Any]:
    kids = [key["kid"] for key in (row.jwks or {}).get("keys", []) if "kid" in key]
    return {name: kids if name == "kids" else getattr(row, name) for name in SHOWN}


def _cell(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _print(row: Any, as_json: bool) -> None:
    if as_json:
        print_json(_plain(row))
    else:
        print_fields({name: _cell(value) for name, value in _plain(row).items()})
