"""``python -m gateway.demo``: play months of a sample mutual and tell what became of every peso."""

import argparse
import sys
import tempfile
from pathlib import Path

from gateway.demo.run import Options, run
from gateway.demo.scene import SCENES


def main() -> None:
    """Read the options, play, print, and end with 0 where everything holds."""
    given = _arguments().parse_args()
    options = Options(
        country=given.country,
        members=given.members,
        months=given.months,
        seed=given.seed,
        as_json=given.json,
        keep=given.keep,
        folder=given.folder or Path(tempfile.mkdtemp(prefix="gateway-demo-")),
        is_own_folder=given.folder is None,
    )
    sys.exit(run(options))


def _arguments() -> argparse.ArgumentParser:
    known = argparse.ArgumentParser(prog="gateway demo", description="Play months of a sample mutual.")
    known.add_argument("--country", choices=sorted(SCENES), default="do", help="which state is filed with (do)")
    known.add_argument("--members", type=_count, default=2_000, help="how many members (2,000)")
    known.add_argument("--months", type=_months, default=3, help="how many months (3)")
    known.add_argument("--seed", type=int, default=7, help="decides who is who and who pays when (7)")
    known.add_argument(
        "--json", action="store_true", help="print one JSON document and nothing else on standard output"
    )
    known.add_argument("--keep", action="store_true", help="leave everything running at the end")
    known.add_argument("--folder", type=Path, help="where data and logs go; a temporary folder by default")
    return known


def _count(text: str) -> int:
    count = _whole(text)
    if not 50 <= count <= 150_000:
        raise argparse.ArgumentTypeError("between 50 and 150,000 members can be played")
    return count


def _months(text: str) -> int:
    months = _whole(text)
    if not 1 <= months <= 8:
        raise argparse.ArgumentTypeError("between 1 and 8 months can be played")
    return months


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


if __name__ == "__main__":
    main()
