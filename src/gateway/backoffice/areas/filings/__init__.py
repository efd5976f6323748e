"""Filing: prepare a month with its reasons, freeze and send it, mend what was rejected, the state's bill and its payment."""

from gateway.backoffice.areas.filings import answers, bills, by_hand, lines, pay, prepare
from gateway.backoffice.areas.filings.place import area

__all__ = ["answers", "area", "bills", "by_hand", "lines", "pay", "prepare"]

PICTURES = (
    ("/filings/1", "filing", "olga"),
    ("/filings/1/lines/1", "filing-line", "olga"),
    ("/bills/1", "bill", "abel"),
)
"""Page, name of its picture, who looks."""
