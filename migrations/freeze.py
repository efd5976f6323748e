"""Write the tables of the models, as they stand, into ``migrations/sql/tables.sql``: the first migration runs that file.

    python migrations/freeze.py            writes it
    python migrations/freeze.py --check    says whether it is as the models are

For as long as nothing has been released, run this after a change of the models. Afterwards the file stays as it is, and a
change of the models comes with a migration of its own.
"""

import sys
from pathlib import Path

from sqlalchemy import MetaData, create_mock_engine
from sqlalchemy.dialects import postgresql

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

TARGET = Path(__file__).resolve().parent / "sql" / "tables.sql"
HEADER = "-- Every table of the first release, as its models were. Made by migrations/freeze.py; not edited by hand.\n"


def statements(metadata: MetaData) -> str:
    """Return the statements that make the tables and their indexes, in the order their keys need."""
    said: list[str] = []

    def note(statement, *_parameters, **_options) -> None:
        said.append(str(statement.compile(dialect=postgresql.dialect())).strip())

    metadata.create_all(create_mock_engine("postgresql+psycopg://", note), checkfirst=False)
    # The indexes of a table have no order of their own: sorted, the file changes only where the models do.
    indexes = sorted(text for text in said if " INDEX " in text.partition(" ON ")[0])
    ordered = [text for text in said if text not in indexes] + indexes
    lines = [line.rstrip() for line in ";\n\n".join(ordered).replace("%%", "%").splitlines()]
    return HEADER + "\n" + "\n".join(lines) + ";\n"


def main() -> int:
    """Write or check."""
    from gateway.tables import METADATA

    wanted = statements(METADATA)
    if "--check" in sys.argv[1:]:
        same = TARGET.exists() and TARGET.read_text(encoding="utf-8") == wanted
        sys.stdout.write("as the models are\n" if same else "not as the models are: run python migrations/freeze.py\n")
        return 0 if same else 1
    TARGET.write_text(wanted, encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
