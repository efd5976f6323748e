"""The sandbox knows nothing of the gateway, and the gateway nothing of the sandbox."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent.parent / "src" / "gateway"
ALLOWED = ("gateway.sandbox", "gateway.kit.money")
STARTERS = ("cli.py", "demo")
"""They start the processes by name."""


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return {name for name in found if name.split(".")[0] == "gateway"}


@pytest.mark.parametrize("path", sorted((SOURCE / "sandbox").rglob("*.py")), ids=lambda path: path.name)
def test_the_sandbox_imports_nothing_of_the_gateway_but_its_money(path: Path) -> None:
    foreign = {name for name in _imports(path) if not name.startswith(ALLOWED)}
    assert not foreign


def test_nothing_in_the_gateway_imports_the_sandbox() -> None:
    guilty = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).parts[0] not in ("sandbox", *STARTERS)
        and any(name.startswith("gateway.sandbox") for name in _imports(path))
    }
    assert not guilty


def test_the_state_and_the_payer_know_each_other_only_over_a_socket() -> None:
    for one, other in (("state", "payer"), ("payer", "state")):
        for path in (SOURCE / "sandbox" / one).rglob("*.py"):
            assert not {name for name in _imports(path) if name.startswith(f"gateway.sandbox.{other}")}, path
