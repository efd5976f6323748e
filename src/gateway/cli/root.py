"""``gateway``: the commands in one list, and how a refusal is told."""

import sys
from typing import NoReturn

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from gateway.cli import (
    assess,
    bill,
    filing,
    imports,
    ledger,
    month,
    mutual,
    processes,
    report,
    state,
    statement,
    transparency,
)
from gateway.kit.errors import GatewayError

REFUSED = 1
UNEXPECTED = 70

app = typer.Typer(
    name="gateway",
    help="Run and operate the gateway. What changes something needs --apply; without it, it shows what it would do.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for commands in (
    processes,
    mutual,
    imports,
    statement,
    month,
    filing,
    bill,
    state,
    assess,
    ledger,
    report,
    transparency,
):
    commands.add_to(app)


def main() -> NoReturn:
    """Run the command that the arguments name."""
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
    except (DBAPIError, OSError) as failure:
        _say(f"{_first_line(failure)}; is the database reachable, and the file there?")
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        sys.exit(130)


def _say(words: str) -> None:
    print(f"gateway: {words}" if not words.startswith(" ") else words, file=sys.stderr)


def _first_line(failure: Exception) -> str:
    told = getattr(failure, "orig", None) or failure
    return str(told).strip().splitlines()[0] if str(told).strip() else type(failure).__name__
