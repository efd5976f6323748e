"""``python -m gateway.sandbox.payer``: run the sandbox payer and bank."""

import argparse
import datetime as dt
import os
from pathlib import Path

from gateway.sandbox.payer.app import create_app
from gateway.sandbox.payer.core import Options, Payer
from gateway.sandbox.serving import serve


def main() -> None:
    """Read the options and serve until told to end."""
    given = _arguments().parse_args()
    options = Options(
        token=given.token,
        callback_url=given.callback_url,
        callback_secret=given.callback_secret,
        state_url=given.state_url,
        state_token=given.state_token,
        currency=given.currency,
        account=given.account,
        state_account=given.state_account,
        opening=given.opening,
        float_opening=given.float,
        seed=given.seed,
        delay=given.delay,
        reject_share=given.reject_share,
    )
    payer = Payer(options, given.data)
    if given.date:
        payer.clock.set(dt.date.fromisoformat(given.date))
    serve(create_app(payer), host=given.host, port=given.port, name="sandbox payer")


def _arguments() -> argparse.ArgumentParser:
    known = argparse.ArgumentParser(
        prog="gateway.sandbox.payer", description="Mobile money and a bank, to test against."
    )
    known.add_argument("--host", default="127.0.0.1")
    known.add_argument("--port", type=int, default=8092, help="0 takes a free one and says which")
    known.add_argument("--data", type=Path, help="folder that survives; without it, nothing does")
    known.add_argument("--token", default=os.environ.get("SANDBOX_PAYER_TOKEN", "payer-token"))
    known.add_argument("--callback-url", default=os.environ.get("SANDBOX_PAYER_CALLBACK_URL"))
    known.add_argument("--callback-secret", default=os.environ.get("SANDBOX_PAYER_CALLBACK_SECRET"))
    known.add_argument("--state-url", default=os.environ.get("SANDBOX_STATE_URL"))
    known.add_argument("--state-token", default=os.environ.get("SANDBOX_STATE_TOKEN", "state-token"))
    known.add_argument("--currency", default="DOP")
    known.add_argument("--account", default="9600000001", help="the mutual's account at the bank")
    known.add_argument("--state-account", default="9600000099", help="the state's account at the same bank")
    known.add_argument("--opening", default="0.00", help="what the mutual's account holds at first")
    known.add_argument("--float", default="0.00", help="what the wallet for payouts holds at first")
    known.add_argument("--date", help="business date, YYYY-MM-DD; the real one by default")
    known.add_argument("--seed", type=int, default=1)
    known.add_argument("--delay", type=float, default=0.02, help="seconds from a request to its effect")
    known.add_argument("--reject-share", type=float, default=0.0, help="of the destinations, drawn by the seed")
    return known


if __name__ == "__main__":
    main()
