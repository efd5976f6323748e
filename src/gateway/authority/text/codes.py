"""A country's table of codes (``codes.toml`` in its folder): what each asks of us, and who acts."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from gateway.authority.protocol import CodeMeaning

CATEGORIES = ("accepted", "mend_data", "ask_member", "ask_state", "try_again")
LANGUAGES = ("es", "fr", "en")
_UNKNOWN = {
    "es": "El código {code} del Estado no está en nuestra tabla. Pregunte al Estado qué significa y avísenos.",
    "fr": "Le code {code} de l'État n'est pas dans notre table. Demandez à l'État ce qu'il veut dire et dites-le nous.",
    "en": "The state's code {code} is not in our table. Ask the state what it means and tell us.",
}


@cache
def code_table(package: str) -> Mapping[str, CodeMeaning]:
    """Return every code that a country's folder knows, by code."""
    text = (resources.files(package) / "codes.toml").read_text("utf-8")
    return {code: _meaning(code, row) for code, row in tomllib.loads(text).items()}


def _meaning(code: str, row: Mapping[str, Any]) -> CodeMeaning:
    """Shape a row; ``fix`` is a sentence in English, or one for each language."""
    fixes = row["fix"] if isinstance(row["fix"], dict) else {"en": row["fix"]}
    meaning = {language: row[language] for language in LANGUAGES}
    return CodeMeaning(code, row["category"], row["role"], fixes["en"], meaning, fixes=fixes)


def meaning_of(package: str, code: str) -> CodeMeaning:
    """Return what a code means; one that the folder does not know is the state's to explain, and is shown as it came."""
    known = code_table(package).get(code)
    if known is not None:
        return known
    return CodeMeaning(
        code,
        category="ask_state",
        role="filing_officer",
        fix=_UNKNOWN["en"].format(code=code),
        meaning={"es": f"Código desconocido {code}", "fr": f"Code inconnu {code}", "en": f"Unknown code {code}"},
        known=False,
        fixes={language: text.format(code=code) for language, text in _UNKNOWN.items()},
    )
