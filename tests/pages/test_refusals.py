"""What a refusal says to staff: in the reader's language, with its figures and what to do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import gateway
from gateway.api.titles import every_kind
from gateway.backoffice.app import find_areas
from gateway.backoffice.frame.refusals import catalogue, figures_of, tell
from gateway.backoffice.frame.texts import Words
from gateway.kit.errors import FieldProblem, GatewayError
from gateway.treasury.errors import DayAheadError, DayNotClearError

SOURCE = Path(gateway.__file__).parent.parent


def trees_below(package: str) -> Iterator[ast.Module]:
    """Every module that a package imports, however deep, parsed."""
    waiting = [".".join(one.relative_to(SOURCE).with_suffix("").parts) for one in (SOURCE / package).rglob("*.py")]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop().removesuffix(".__init__")
        path = SOURCE.joinpath(*name.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name in seen or not name.startswith("gateway.") or not file.exists():
            continue
        seen.add(name)
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        yield tree


def refused_where_the_office_looks() -> Iterator[str]:
    """The codes of all refusals made in what the office's pages call."""
    find_areas()
    codes = {kind.__name__: code for code, kind in every_kind().items()}
    for tree in trees_below("gateway/backoffice"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if called in codes:
                    yield codes[called]


def test_every_refusal_that_the_office_can_meet_says_what_to_do_in_spanish_and_french() -> None:
    met = set(refused_where_the_office_looks())
    assert len(met) > 200
    missing = met - catalogue().remedies.keys()
    assert missing == set(), "say what to do about them in src/gateway/backoffice/frame/refusals.toml"
    for code, told in catalogue().remedies.items():
        for language in ("es", "fr"):
            assert told[language].endswith((".", "?")), (code, language)
            assert told["es"] != told["fr"], code


def test_the_figures_of_a_refusal_stand_in_its_sentence_as_the_reader_writes_them() -> None:
    error = DayAheadError("2026-04-07 has not come; today is 2026-04-02")
    assert tell(error, Words("es")).words.startswith("El 07/04/2026 no ha llegado; hoy es 02/04/2026. Revise el día")
    assert tell(error, Words("fr")).words.startswith("Le 07/04/2026 n'est pas venu ; nous sommes le 02/04/2026.")
    assert tell(error, Words("en")).words == "2026-04-07 has not come; today is 2026-04-02."
    assert tell(error, Words("es")).detail == ""


@pytest.mark.parametrize(("code", "entry"), catalogue().sentences.items())
def test_every_sentence_has_the_places_that_its_pattern_reads(code: str, entry: tuple) -> None:
    pattern, texts = entry
    assert code in catalogue().remedies
    for language in ("es", "fr"):
        assert texts[language].format(**dict.fromkeys(pattern.groupindex, "7"))


def test_what_a_refusal_is_about_is_kept_where_no_sentence_holds_it() -> None:
    detail = "till 'cash:a' holds 1,200.00 DOP since 2026-03-31 for 2026-04; filing 3 waits"
    said = figures_of(detail, Words("es", "do"))
    assert said == "cash:a · DOP\u00a01,200.00 · 31/03/2026 · abril de 2026 · 3"


def test_each_single_thing_that_is_wrong_is_named() -> None:
    wrong = [FieldProblem("/banks/bank:main", "unexplained_difference", "bank:main differs by 12.00 DOP; explain it")]
    told = tell(DayNotClearError("2026-04-02 has 1 things that are not explained", errors=wrong), Words("es", "do"))
    assert told.items == (
        "bank:main: Difiere de su extracto: concilie y explique lo que quede (bank:main · DOP\u00a012.00)",
    )


def test_a_refusal_that_nobody_has_words_for_shows_its_own_sentence_folded_away() -> None:
    class NewError(GatewayError):
        code = "never_heard_of_it"

    told = tell(NewError("something new"), Words("es"))
    assert (told.words, told.detail) == ("", "something new")
