"""``python -m gateway.sandbox.state``: run the sandbox state."""

import argparse
import datetime as dt
import os
from pathlib import Path

from gateway.sandbox.serving import serve
from gateway.sandbox.state.app import create_app
from gateway.sandbox.state.core import Options, State
from gateway.sandbox.state.realms import REALMS


def main() -> None:
    """Read the options and serve until told to end."""
    given = _arguments().parse_args()
    options = Options(
        token=given.token,
        country=given.country,
        callback_url=given.callback_url,
        callback_secret=given.callback_secret,
        bank_url=given.bank_url,
        bank_token=given.bank_token,
        account=given.account,
        seed=given.seed,
        answer_delay=given.answer_delay,
        confirm_delay=given.confirm_delay,
        has_surcharges=not given.no_surcharges,
        is_open_register=given.open_register,
        verify_jwks=given.verify_jwks,
    )
    state = State(options, given.data)
    if given.date:
        state.clock.set(dt.date.fromisoformat(given.date))
    serve(create_app(state), host=given.host, port=given.port, name="sandbox state")


def _arguments() -> argparse.ArgumentParser:
    known = argparse.ArgumentParser(prog="gateway.sandbox.state", description="A state's treasury, to test against.")
    known.add_argument("--host", default="127.0.0.1")
    known.add_argument("--port", type=int, default=8091, help="0 takes a free one and says which")
    known.add_argument("--country", choices=sorted(REALMS), default="do", help="which state is played")
    known.add_argument("--data", type=Path, help="folder that survives; without it, nothing does")
    known.add_argument("--token", default=os.environ.get("SANDBOX_STATE_TOKEN", "state-token"))
    known.add_argument("--callback-url", default=os.environ.get("SANDBOX_STATE_CALLBACK_URL"))
    known.add_argument("--callback-secret", default=os.environ.get("SANDBOX_STATE_CALLBACK_SECRET"))
    known.add_argument("--bank-url", default=os.environ.get("SANDBOX_BANK_URL"))
    known.add_argument("--bank-token", default=os.environ.get("SANDBOX_BANK_TOKEN", "payer-token"))
    known.add_argument("--account", default="9600000001", help="where benefits are paid to, unless told by employer")
    known.add_argument("--date", help="business date, YYYY-MM-DD; the real one by default")
    known.add_argument("--seed", type=int, default=1)
    known.add_argument("--answer-delay", type=float, default=0.02, help="seconds from reception to processing")
    known.add_argument("--confirm-delay", type=float, default=0.02, help="seconds from payment to confirmation")
    known.add_argument("--no-surcharges", action="store_true", help="lateness costs nothing")
    known.add_argument("--open-register", action="store_true", help="every well-formed cédula is known, not only 999…")
    known.add_argument("--verify-jwks", help="refuse what is not signed (RFC 9421) with a key of this address or file")
    return known


if __name__ == "__main__":
    main()
