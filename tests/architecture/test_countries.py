"""A country is a folder: nothing outside the countries' own folders names one.

Looked at are the string literals and the imports of every module of the gateway: a country's code standing alone, a
country's name, an adapter's folder, a currency. Each exception says why it may.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.authority.country import countries

SOURCE = Path(__file__).resolve().parents[2] / "src" / "gateway"
OWN = ("sandbox", "demo")
"""Played and shown by country; they stand apart from the gateway."""
EXCEPTIONS = {
    "kit/money.py": "the table of currencies, of every country that may come",
    "kit/untidy.py": "how amounts are grouped by those who write in a currency",
    "cli/mutual.py": "the country of a new mutual where none is given",
    "cli/bill.py": "the country of a forecast where none is given",
    "cli/checking.py": "the country of a file where none is given",
    "cli/filing.py": "the country of a file where none is given",
    "api/openapi.py": "'in' is where a parameter of OpenAPI stands",
    "api/webhook_openapi.py": "the same",
}
"""Module -> why it may."""
EXAMPLES = ("api/schemas/", "api/routers/")
"""What they name stands in the description as an example."""
DOCUMENTED = re.compile(r"\b(Dominican|India|Indian|dominicana?)\b")
CURRENCIES = {country.currency for country in countries().values()}


def modules() -> list[Path]:
    folders = {country.folder for country in countries().values()}
    return [
        path
        for path in sorted(SOURCE.rglob("*.py"))
        if path.relative_to(SOURCE).parts[0] not in OWN and not folders & set(path.relative_to(SOURCE).parts)
    ]


def docstrings(tree: ast.Module) -> set[int]:
    """The statements that are only words for a reader."""
    return {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def named(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every place where a country is named, and how."""
    words, folders = docstrings(tree), {country.folder for country in countries().values()}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in words:
            if node.value in countries() or node.value in CURRENCIES or DOCUMENTED.search(node.value):
                yield node.lineno, node.value
        elif isinstance(node, ast.ImportFrom) and folders & set((node.module or "").split(".")):
            yield node.lineno, str(node.module)
        elif isinstance(node, ast.Import) and any(folders & set(alias.name.split(".")) for alias in node.names):
            yield node.lineno, ", ".join(alias.name for alias in node.names)


def test_no_country_is_named_outside_the_countries_folders() -> None:
    guilty = [
        f"{name}:{line} names {what!r}"
        for path in modules()
        if (name := path.relative_to(SOURCE).as_posix()) not in EXCEPTIONS and not name.startswith(EXAMPLES)
        for line, what in named(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not guilty, "\n".join(guilty)


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_an_exception_is_still_needed(name: str) -> None:
    path = SOURCE / name
    if name == "cli/filing.py" and (SOURCE / "cli" / "checking.py").exists():
        return
    assert list(named(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize(
    "text",
    [
        'if country == "do": pass',
        'USUAL = {"in": 1}',
        "from gateway.authority.in_epfo.format import FORMAT",
        "import gateway.authority.do_tss.codes",
        'currency = "INR"',
        'title = "The Dominican state"',
    ],
)
def test_the_reader_sees_each_way_of_naming_one(text: str) -> None:
    assert list(named(ast.parse(text)))


def test_no_country_stands_inside_another() -> None:
    folders = {country.folder for country in countries().values()}
    guilty = [
        f"{path.relative_to(SOURCE)}:{line} imports {what}"
        for folder in folders
        for path in (SOURCE / "authority" / folder).rglob("*.py")
        for line, what in named(ast.parse(path.read_text(encoding="utf-8")))
        if (folders - {folder}) & set(what.split("."))
    ]
    assert not guilty, "\n".join(guilty)
