"""``python -m gateway.sandbox.receiver``: run the receiver of webhooks."""

import argparse
import os
from pathlib import Path

from gateway.sandbox.receiver.app import create_app
from gateway.sandbox.receiver.core import Options, Receiver
from gateway.sandbox.serving import serve


def main() -> None:
    """Read the options and serve until told to end."""
    given = _arguments().parse_args()
    options = Options(given.token, given.secret or [], given.verify_jwks)
    serve(create_app(Receiver(options, given.data)), host=given.host, port=given.port, name="sandbox receiver")


def _arguments() -> argparse.ArgumentParser:
    known = argparse.ArgumentParser(
        prog="gateway.sandbox.receiver", description="A receiver of webhooks under /hooks/."
    )
    known.add_argument("--host", default="127.0.0.1")
    known.add_argument("--port", type=int, default=8093, help="0 takes a free one and says which")
    known.add_argument("--data", type=Path, help="folder that survives; without it, nothing does")
    known.add_argument(
        "--token", default=os.environ.get("SANDBOX_RECEIVER_TOKEN", "receiver-token"), help="for /sandbox"
    )
    known.add_argument(
        "--secret", action="append", help="whsec_ and base64; may be repeated while one replaces another"
    )
    known.add_argument(
        "--verify-jwks", help="refuse what bears no message signature (RFC 9421) by a key of this address or file"
    )
    return known


if __name__ == "__main__":
    main()
