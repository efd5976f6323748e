"""What the Dominican treasury's codes mean and who mends what. Source: SRC-001."""

import tomllib
from functools import cache
from importlib import resources

from gateway.authority.protocol import CodeMeaning

CATEGORIES = ("accepted", "mend_data", "ask_member", "ask_state", "try_again")


@cache
def table() -> dict[str, CodeMeaning]:
    """Return every code we know, by code."""
    text = (resources.files(__package__) / "codes.toml").read_text("utf-8")
    return {
        code: CodeMeaning(
            code, row["category"], row["role"], row["fix"], {lang: row[lang] for lang in ("es", "fr", "en")}
        )
        for code, row in tomllib.loads(text).items()
    }


def explain(code: str) -> CodeMeaning:
    """Return what a code means; one we do not know is the state's to explain, and is shown as it came."""
    known = table().get(code)
    if known is not None:
        return known
    return CodeMeaning(
        code,
        category="ask_state",
        role="filing_officer",
        fix=f"The state's code {code!r} is not in our table. Ask the treasury what it means and tell us.",
        meaning={"es": f"Código desconocido {code}", "fr": f"Code inconnu {code}", "en": f"Unknown code {code}"},
        known=False,
    )
