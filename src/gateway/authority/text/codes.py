"""A country's table of codes (``codes.toml`` in its folder): what each asks of us, and who acts."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from gateway.authority.protocol import CodeMeaning

CATEGORIES = ("accepted", "mend_data", "ask_member", "ask_state", "try_again")
LANGUAGES = ("es", "fr", "en")


@cache
def code_table(package: str) -> Mapping[str, CodeMeaning]:
    """Return every code that a country's folder knows, by code."""
    text = (resources.files(package) / "codes.toml").read_text("utf-8")
    return {
        code: CodeMeaning(
            code, row["category"], row["role"], row["fix"], {language: row[language] for language in LANGUAGES}
        )
        for code, row in tomllib.loads(text).items()
    }


def meaning_of(package: str, code: str) -> CodeMeaning:
    """Return what a code means; one that the folder does not know is the state's to explain, and is shown as it came."""
    known = code_table(package).get(code)
    if known is not None:
        return known
    return CodeMeaning(
        code,
        category="ask_state",
        role="filing_officer",
        fix=f"The state's code {code!r} is not in our table. Ask the state what it means and tell us.",
        meaning={"es": f"Código desconocido {code}", "fr": f"Code inconnu {code}", "en": f"Unknown code {code}"},
        known=False,
    )
