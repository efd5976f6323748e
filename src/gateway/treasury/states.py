"""Life of a provider's settlement report.

booked; quarantined (nothing of it was used: its figures contradict each other)

A report that was put aside is not mended: the provider sends another.
"""

from enum import StrEnum


class SettlementStatus(StrEnum):
    """Where a settlement report stands."""

    BOOKED = "booked"
    QUARANTINED = "quarantined"


class SettlementLineFate(StrEnum):
    """What became of a line of a settlement report."""

    KNOWN = "known"
    """A payment we had received."""
    RECEIVED = "received"
    """A payment we never heard of, received now."""
    SUSPENSE = "suspense"
    """A payment we never heard of, of nobody we know."""
    TAKEN_BACK = "taken_back"
    """A reversal, and the receipt is taken back."""
    OPEN = "open"
    """A reversal of money that was used, or a payment with another amount than ours: a person finds out."""
