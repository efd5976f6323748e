"""``gateway``: the commands in one list, and how a refusal is told."""

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from gateway import __version__
from gateway.kit.errors import GatewayError
from gateway.kit.loading import uncollected

REFUSED = 1
MODULES = {
    "serve": "processes",
    "worker": "processes",
    "migrate": "processes",
    "openapi": "processes",
    "demo": "processes",
    "sandbox": "processes",
    "mutual": "mutual",
    "import": "imports",
    "statement": "statement",
    "month": "month",
    "filing": "filing",
    "bill": "bill",
    "state": "state",
    "assess": "assess",
    "ledger": "ledger",
    "report": "report",
    "transparency": "transparency",
    "webhooks": "webhooks",
    "conformance": "conformance",
}
"""First word of a command -> the module that has it, in the order of the list."""


def __getattr__(name: str) -> Any:
    if name == "app":
        return commands(MODULES.values())
    raise AttributeError(name)


def commands(modules: Iterable[str]) -> typer.Typer:
    """Return the commands of these modules; each module is loaded only then."""
    app = typer.Typer(
        name="gateway",
        help="Run and operate the gateway. What changes something needs --apply; without it, it shows what it would do.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(_version_or_a_command)
    with uncollected():
        for name in dict.fromkeys(modules):
            import_module(f"gateway.cli.{name}").add_to(app)
    return app


def main() -> NoReturn:
    """Run the command that the arguments name.

    Only the module of that command is loaded: all of them take two seconds, most commands need little of that.
    """
    named = MODULES.get(sys.argv[1]) if len(sys.argv) > 1 else None
    app = commands([named] if named else MODULES.values())
    try:
        sys.exit(app())
    except GatewayError as refusal:
        _say(refusal.detail)
        for one in refusal.errors[:20]:
            _say(f"  {one.pointer}: {one.detail}")
        sys.exit(REFUSED)
    except ValidationError as wrong:
        for found in wrong.errors():
            _say(f"the setting GATEWAY_{'_'.join(map(str, found['loc'])).upper()} cannot be used: {found['msg']}")
        sys.exit(REFUSED)
    except FileNotFoundError as failure:
        _say(f"there is no file or folder {failure.filename!r}")
        sys.exit(REFUSED)
    except (PermissionError, IsADirectoryError, NotADirectoryError) as failure:
        _say(f"{failure.filename!r} cannot be opened ({failure.strerror})")
        sys.exit(REFUSED)
    except (DBAPIError, OSError) as failure:
        _say(f"{_first_line(failure)}; is the database reachable, and the file there?")
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        sys.exit(130)


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        print(f"gateway {__version__}")
        raise typer.Exit


def _version_or_a_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    # Without a callback a list of one command would not want its name.
    """Run and operate the gateway. What changes something needs --apply; without it, it shows what it would do."""


def _say(words: str) -> None:
    print(f"gateway: {words}" if not words.startswith(" ") else words, file=sys.stderr)


def _first_line(failure: Exception) -> str:
    told = getattr(failure, "orig", None) or failure
    return str(told).strip().splitlines()[0] if str(told).strip() else type(failure).__name__
