"""What the Dominican treasury's codes mean and who mends what. Source: SRC-001."""

from gateway.authority.protocol import CodeMeaning
from gateway.authority.text.codes import code_table, meaning_of


def table() -> dict[str, CodeMeaning]:
    """Return every code we know, by code, in the order of the published table."""
    return dict(code_table(__package__))


def explain(code: str) -> CodeMeaning:
    """Return what a code means; one we do not know is the state's to explain, and is shown as it came."""
    return meaning_of(__package__, code)
