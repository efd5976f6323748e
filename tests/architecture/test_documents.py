"""The documents tell the truth: what they name is there, under the name they give it."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if "decisions" not in path.parts),
    ROOT / "examples" / "README.md",
]
ALL = [*PAGES, *sorted((ROOT / "docs" / "decisions").glob("*.md"))]
"""A decision is a page of its day: what it names may have been renamed since, but not what it links to."""
TOP = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - {"data"}


def named(paths: list[Path]) -> Any:
    return pytest.mark.parametrize("page", paths, ids=[str(path.relative_to(ROOT)) for path in paths])


def marked(page: Path) -> list[str]:
    """What stands between marks or in a block of commands: what somebody would type, open or look for."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)
    rest = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.M | re.S)
    return [*re.findall(r"`([^`\n]+)`", rest), *(line.strip() for block in blocks for line in block.splitlines())]


@named(ALL)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s#]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


@named(ALL)
def test_every_decision_that_is_named_is_written(page: Path) -> None:
    written = {int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md")}
    text = page.read_text(encoding="utf-8")
    told = {int(one) for one in re.findall(r"[Dd]ecisions? (?:0{0,3})(\d{1,4})\b", text)}
    assert not told - written


@named(PAGES)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    missing = []
    for words in marked(page):
        for path in re.findall(r"(?<![\w/.<…-])([\w.-]+(?:/[\w.*-]+)+)(?![\w<*/-])", words):
            at = [ROOT, ROOT / "src" / "gateway"]
            if path.split("/")[0] in TOP and not any(list(base.glob(path.rstrip("/."))) for base in at):
                missing.append(path)
    assert not missing


def test_every_test_that_shows_a_fault_is_there() -> None:
    names = set(re.findall(r"\b(test_\w+\.py)", (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")))
    assert names
    assert not names - {path.name for path in (ROOT / "tests").rglob("test_*.py")}


@named(PAGES)
def test_every_setting_that_is_named_is_one(page: Path) -> None:
    from gateway.settings import Settings

    known = {f"GATEWAY_{name.upper()}" for name in Settings.model_fields} | {"GATEWAY_MANAGER_PASSWORD"}
    given = set(re.findall(r"\bGATEWAY_[A-Z_]+\b", page.read_text(encoding="utf-8")))
    assert not given - known


def test_whoever_runs_it_is_told_of_every_setting() -> None:
    from gateway.settings import Settings

    told = set(re.findall(r"`(GATEWAY_[A-Z_]+)`", (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")))
    assert {f"GATEWAY_{name.upper()}" for name in Settings.model_fields} == told


@cache
def commands() -> dict[tuple[str, ...], Any]:
    """Every command of the operator's, by its words."""
    from typer.main import get_command

    from gateway.cli.root import app

    found: dict[tuple[str, ...], Any] = {}

    def walk(command: Any, words: tuple[str, ...]) -> None:
        found[words] = command
        for name, inner in getattr(command, "commands", {}).items():
            walk(inner, (*words, name))

    walk(get_command(app), ())
    return found


@named(PAGES)
def test_every_command_that_is_named_is_one_with_the_options_that_are_named(page: Path) -> None:
    wrong = []
    for words in marked(page):
        for said in re.findall(r"(?:^|[\s(;&|]|bin/)gateway(?: gateway)?((?: [a-z][\w-]*| --[\w-]+)[^|;&`]*)", words):
            given = said.split()
            place: tuple[str, ...] = ()
            while given and (*place, given[0]) in commands():
                place = (*place, given.pop(0))
            command = commands()[place]
            if getattr(command, "commands", None) and place and given and not given[0].startswith(("-", "…", "|")):
                wrong.append(said)
            options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
            is_passed_on = command.context_settings.get("ignore_unknown_options", False)
            if not is_passed_on and {one.partition("=")[0] for one in given if one.startswith("--")} - options:
                wrong.append(said)
            if not place and not said.strip().startswith("--"):
                wrong.append(said)
    assert not wrong


@named(PAGES)
def test_every_address_of_ours_that_is_named_is_served(page: Path) -> None:
    described = [json.loads((ROOT / "openapi" / name).read_text()) for name in ("gateway.json", "state.json")]
    served = [re.sub(r"\{[^}]+\}", "*", path) for one in described for path in one["paths"]]
    patterns = [
        re.compile("/".join("[^/]+" if part == "*" else re.escape(part) for part in path.split("/"))) for path in served
    ]
    unknown = []
    for words in marked(page):
        for path in re.findall(r"(/v1/[\w/{}.-]*[\w}])(?!\w*…)", words):
            is_beginning = any(one == path or one.startswith(f"{path}/") for one in served)
            if not is_beginning and not any(pattern.fullmatch(path) for pattern in patterns):
                unknown.append(path)
    assert not unknown


def test_every_source_is_listed_once() -> None:
    listed = re.findall(r"^\| (SRC-[\w-]+) \|", (ROOT / "docs" / "sources.md").read_text(encoding="utf-8"), re.M)
    assert len(listed) == len(set(listed))
