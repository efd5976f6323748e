"""Reconciliation: the day on one page, differences with their evidence side by side, statements, and how lines are known."""

from gateway.backoffice.areas.reconciliation import day, exceptions, statements
from gateway.backoffice.areas.reconciliation.place import area

__all__ = ["area", "day", "exceptions", "statements"]

PICTURES = (
    ("/reconciliation", "day", "abel"),
    ("/reconciliation/exceptions", "exceptions", "abel"),
)
"""Page, name of its picture, who looks."""
