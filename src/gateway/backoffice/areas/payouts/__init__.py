"""Payouts: what is owed to members, put into a batch by one and released by another, followed until it is in her hand."""

from gateway.backoffice.areas.payouts import batches, pick_up
from gateway.backoffice.areas.payouts.place import area

__all__ = ["area", "batches", "pick_up"]

PICTURES = (("/payouts/1", "payout-batch", "mara"),)
"""Page, name of its picture, who looks."""
