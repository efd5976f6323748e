"""``state key``: the keys that our messages to others are signed with."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.acting import ApplyOption, JsonOption, note, print_json, print_table, settings
from gateway.kit import http_signatures
from gateway.kit.errors import MalformedError, NotFoundError
from gateway.kit.own_keys import new_key, read_keys_file, write_keys_file

KidArgument = Annotated[str, typer.Argument(help="The key's kid, as list shows it.")]


class KeyUnknownError(NotFoundError):
    """The file has no key of this name."""

    code = "own_key_unknown"
    title = "No such key"


class KeyRefusedError(MalformedError):
    """The keys cannot be changed so."""

    code = "own_key_refused"
    title = "The keys cannot be changed so"


def add_to(group: typer.Typer) -> None:
    """Add these commands to the group ``state``."""
    key = typer.Typer(help="The keys that our messages are signed with (RFC 9421).", no_args_is_help=True)
    key.command("list")(list_)
    key.command("add")(add)
    key.command("use")(use)
    key.command("drop")(drop)
    group.add_typer(key, name="key")


def list_(as_json: JsonOption = False) -> None:
    """List the keys; the first signs, all are published at /.well-known/jwks.json."""
    keys = read_keys_file(_path())
    if as_json:
        print_json({"keys": [http_signatures.public_part(key) for key in keys]})
        return
    rows = [[key["kid"], key["kty"], "signs" if place == 0 else "published"] for place, key in enumerate(keys)]
    print_table(("kid", "kind", "use"), rows)


def add(
    kid: Annotated[str | None, typer.Option(help="Its name; the day and minute by default.")] = None,
    apply: ApplyOption = False,
) -> None:
    """Make a key: the first one signs at once, a later one is only published until use makes it sign."""
    path = _path()
    keys = read_keys_file(path)
    name = kid or f"{dt.datetime.now(dt.UTC):%Y-%m-%d-%H%M}"
    if name in {key["kid"] for key in keys}:
        raise KeyRefusedError(f"there is a key {name!r} already; give the new one another --kid")
    _keep(path, [*keys, new_key(name)], f"{name!r} is {'published' if keys else 'the one that signs'}", apply=apply)


def use(kid: KidArgument, apply: ApplyOption = False) -> None:
    """Let a key sign from now on; those before it stay published. Wait five minutes after add: copies are kept so long."""
    path = _path()
    keys = read_keys_file(path)
    chosen = [key for key in keys if key["kid"] == kid]
    if not chosen:
        raise KeyUnknownError(f"{path} has no key {kid!r}; gateway state key list names them")
    _keep(path, chosen + [key for key in keys if key["kid"] != kid], f"{kid!r} signs", apply=apply)


def drop(kid: KidArgument, apply: ApplyOption = False) -> None:
    """Publish a key no more, once nothing that it signed is on its way; the one that signs stays."""
    path = _path()
    keys = read_keys_file(path)
    if kid not in {key["kid"] for key in keys}:
        raise KeyUnknownError(f"{path} has no key {kid!r}; gateway state key list names them")
    if keys[0]["kid"] == kid:
        raise KeyRefusedError(f"{kid!r} signs; let another one sign first: gateway state key use")
    _keep(path, [key for key in keys if key["kid"] != kid], f"{kid!r} is gone", apply=apply)


def _path() -> Path:
    path = settings().message_keys_file
    if path is None:
        raise KeyRefusedError("there is no place for the keys; set GATEWAY_MESSAGE_KEYS_FILE")
    return path


def _keep(path: Path, keys: list[dict[str, object]], said: str, *, apply: bool) -> None:
    if apply:
        write_keys_file(path, keys)
        note(f"{said}. Running processes see it at their next message.")
    else:
        note(f"{said}, if it is done. Nothing was changed; add --apply to do it.")
