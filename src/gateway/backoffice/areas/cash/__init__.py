"""Cash: the counter, drawers and their counts, receipts, the way to the bank, collectors' rounds, handovers."""

from gateway.backoffice.areas.cash import counter, deposits, handovers, receipts, rounds, sessions, tills
from gateway.backoffice.areas.cash.place import PICTURES, area

__all__ = ["PICTURES", "area", "counter", "deposits", "handovers", "receipts", "rounds", "sessions", "tills"]
