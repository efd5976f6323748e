"""The state's codes: what each means, who acts and how."""

from typing import Any, Literal, Self

from gateway.api.schemas.common import ReadModel, example
from gateway.authority.protocol import CodeMeaning

STATE_CODE: dict[str, Any] = {
    "code": "155",
    "meaning": "La clave de nómina es inválida",
    "category": "mend_data",
    "role": "filing_officer",
    "fix": "Corrija la clave de nómina: los tres dígitos que dio la TSS, nunca 000, 888 ni 999.",
    "is_known": True,
}


class StateCodeRead(ReadModel):
    """One of the state's codes, in the language of the request."""

    model_config = {**ReadModel.model_config, **example(STATE_CODE)}

    code: str
    """As the state prints it."""
    meaning: str
    category: Literal["accepted", "mend_data", "ask_member", "ask_state", "try_again"]
    """What it asks for: nothing, other data, a word with the member, with the state, or the same once more."""
    role: str
    """The role that handles it; ``nobody`` where there is nothing to do."""
    fix: str
    """What to do."""
    is_known: bool
    """False for a code that stands in no table of ours; it is shown as it came."""

    @classmethod
    def of(cls, known: CodeMeaning, language: str) -> Self:
        """Shape a code's meaning in a language."""
        return cls.model_validate(
            {
                "code": known.code,
                "meaning": known.meaning_in(language),
                "category": known.category,
                "role": known.role,
                "fix": known.fix_in(language),
                "is_known": known.known,
            }
        )


class StateCodeList(ReadModel):
    """Every code of the state's that we know."""

    model_config = {**ReadModel.model_config, **example({"items": [STATE_CODE]})}

    items: list[StateCodeRead]
