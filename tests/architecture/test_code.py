"""What the lints cannot see: who writes which table, who commits, and that a rule names its source."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from gateway.tables import METADATA

SOURCE = Path(__file__).resolve().parents[2] / "src" / "gateway"
SLICES = (
    "administration",
    "calendar",
    "ledger",
    "staff",
    "membership",
    "notices",
    "contributions",
    "filing",
    "benefits",
    "payouts",
    "reconciliation",
    "cash",
    "treasury",
    "statelink",
    "complaints",
    "webhooks",
)
WRITE = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE)\s+(?:ONLY\s+)?(?:public\.)?([a-z_]+)\b(?!\s*\()"
)
WRITE_INSERT = re.compile(r"\bINSERT\s+INTO\s+(?:public\.)?([a-z_]+)\b")


@cache
def owners() -> dict[str, str]:
    """Table -> the slice whose models declare it."""
    found: dict[str, str] = {}
    for path in SOURCE.glob("*/models.py"):
        for name in re.findall(r'__tablename__ = "([a-z_]+)"', path.read_text(encoding="utf-8")):
            found[name] = path.parent.name
    return found


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every string of a module, and every .sql file whole."""
    if path.suffix == ".sql":
        yield 1, path.read_text(encoding="utf-8")
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def modules(*under: str) -> list[Path]:
    return [path for name in under for suffix in ("*.py", "*.sql") for path in sorted((SOURCE / name).rglob(suffix))]


def written(text: str) -> set[str]:
    return set(WRITE.findall(text)) | set(WRITE_INSERT.findall(text))


def test_every_table_has_one_owner() -> None:
    assert set(owners()) == set(METADATA.tables)


def test_the_reader_of_statements_sees_each_form_of_writing() -> None:
    text = "INSERT INTO filing (a) SELECT 1; UPDATE bill SET x = 1; DELETE FROM ONLY payout; insert"
    assert written(text) == {"filing", "bill", "payout"}


@pytest.mark.parametrize("package", ["kit", *SLICES])
def test_a_table_is_written_by_its_owner_alone(package: str) -> None:
    known = owners()
    strangers = [
        f"{path.relative_to(SOURCE)}:{line} writes {table}, which belongs to {known[table]}"
        for path in modules(package)
        for line, text in texts(path)
        for table in written(text)
        if known.get(table, package) != package
    ]
    assert not strangers, "\n".join(strangers)


@pytest.mark.parametrize("package", ["kit", *SLICES])
def test_a_row_is_made_by_its_owner_alone(package: str) -> None:
    """A model of another slice may be read; calling it would make a row of it."""
    strangers: list[str] = []
    for path in modules(package):
        if path.suffix != ".py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        foreign = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and (node.module or "").endswith(".models")
            and not (node.module or "").startswith(f"gateway.{package}.")
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in foreign & _tables():
                strangers.append(f"{path.relative_to(SOURCE)}:{node.lineno} makes a {node.func.id}")
    assert not strangers, "\n".join(strangers)


@cache
def _tables() -> set[str]:
    names: set[str] = set()
    for path in SOURCE.glob("*/models.py"):
        names |= set(re.findall(r"^class (\w+)\(.*table=True", path.read_text(encoding="utf-8"), re.MULTILINE))
    return names


ENDS = {"commit", "rollback", "begin"}
OPENERS = {
    "kit/db.py": "it is the way into the database",
    "kit/embedded.py": "its sockets and processes begin and end too",
    "filing/fetch.py": "a job that keeps each page of the state's answer before it asks for the next, on one pinned connection",
}


def test_nobody_commits_below_the_entry_floor() -> None:
    """One transaction a request, a job or a command: opened and committed at the edge; jobs open theirs by the context."""
    guilty = [
        f"{path.relative_to(SOURCE)}:{node.lineno} .{node.func.attr}()"
        for path in modules("kit", "authority", "bank", *SLICES)
        if path.suffix == ".py" and path.relative_to(SOURCE).as_posix() not in OPENERS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ENDS
    ]
    assert not guilty, "\n".join(guilty)


def test_every_public_rule_cites_its_source() -> None:
    silent = [
        f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}"
        for path in SOURCE.glob("*/rules.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and not re.search(r"Source:\s+SRC-", ast.get_docstring(node) or "")
    ]
    assert not silent, "\n".join(silent)


def test_every_cited_source_is_listed() -> None:
    listed = set(re.findall(r"SRC-[A-Z0-9-]+", (SOURCE.parents[1] / "docs" / "sources.md").read_text(encoding="utf-8")))
    unlisted = sorted(
        f"{path.relative_to(SOURCE)} cites {name}, which docs/sources.md does not list"
        for path in [*SOURCE.rglob("*.py"), *SOURCE.rglob("*.toml")]
        for name in re.findall(r"SRC-[A-Z0-9]+(?:-[A-Z0-9]+)*", path.read_text(encoding="utf-8"))
        if "sandbox" not in path.parts and name not in listed
    )
    assert not unlisted, "\n".join(dict.fromkeys(unlisted))


def test_no_statement_stands_in_a_router() -> None:
    guilty = [
        f"{path.relative_to(SOURCE)}:{line}"
        for path in modules("api")
        for line, text in texts(path)
        if re.search(r"\b(SELECT\s.+\sFROM\s|INSERT INTO|UPDATE \w+ SET|DELETE FROM)", text, re.DOTALL)
    ]
    assert not guilty, "\n".join(guilty)


def test_a_check_is_switched_off_only_with_its_reason() -> None:
    """``# noqa: X - why``, ``# type: ignore[x]  # why``: else nobody knows whether it is still needed."""
    switched = re.compile(r"# (?:noqa(?:: [A-Z0-9, ]+)?|type: ignore(?:\[[a-z, -]+\])?)")
    silent = [
        f"{path.relative_to(SOURCE)}:{number}"
        for path in SOURCE.rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if switched.search(line) and not re.search(r"\w{2}", switched.split(line)[-1])
    ]
    assert not silent, "\n".join(silent)


def test_nothing_is_kept_that_nobody_names() -> None:
    """A function, class or constant is named somewhere besides where it is made: in the sources, their texts or a test."""
    places = [SOURCE, *(SOURCE.parents[1] / name for name in ("tests", "benchmarks", "migrations", "tools"))]
    named: Counter[str] = Counter()
    for path in (
        path for place in places for path in place.rglob("*") if path.suffix in {".py", ".html", ".toml", ".sql"}
    ):
        named.update(re.findall(r"[A-Za-z_]\w*", path.read_text(encoding="utf-8")))
    alone = [
        f"{path.relative_to(SOURCE)}:{node.lineno} {name}"
        for path in SOURCE.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        for name in _made(node)
        if named[name] == 1
    ]
    assert not alone, "\n".join(alone)


def _made(node: ast.stmt) -> list[str]:
    """The names that a statement of a module makes; what is registered by its decorator, or is a table, is found by others."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        is_table = isinstance(node, ast.ClassDef) and any(word.arg == "table" for word in node.keywords)
        return [] if node.decorator_list or is_table else [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name) and target.id not in FOUND_BY_NAME]
    return []


FOUND_BY_NAME = {"COMMON"}
"""The office's common words: what looks for texts reads them in the source."""


def test_every_statement_says_what_a_row_of_it_is() -> None:
    """A named constant that is a whole statement begins with ``-- one row per …`` (or ``no row``)."""
    silent: list[str] = []
    for path in modules("kit", *SLICES):
        if path.suffix != ".py":
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.targets[0], ast.Name)
                and re.match("[A-Z]", node.targets[0].id)
            ):
                text = _text(node.value)
                if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s", text) and text.startswith("\n"):
                    silent.append(f"{path.relative_to(SOURCE)}:{node.lineno} {node.targets[0].id}")
    assert not silent, "\n".join(silent)


def _text(value: ast.expr) -> str:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ast.JoinedStr) and value.values and isinstance(value.values[0], ast.Constant):
        return str(value.values[0].value)
    return ""
