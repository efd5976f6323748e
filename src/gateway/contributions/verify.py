"""Say of a receipt's number, to anybody, whether it is genuine and stands."""

from typing import Any

from sqlmodel import Session

from gateway.contributions.errors import ReceiptUnknownError
from gateway.contributions.queries import VERIFICATION
from gateway.contributions.reference import bare, serial_of
from gateway.kit import db


def find_verification(session: Session, number: str) -> Any:
    """Return a receipt's number, day, amount, currency and whether it was reversed; nothing of who paid.

    The session acts for the mutual that the number names (``reference.mutual_of``).

    Raises:
        ReceiptUnknownError: The check digits are wrong, or no receipt has the number.
    """
    serial = serial_of(number)
    row = None if serial is None else db.first(session, VERIFICATION, {"serial": serial, "number": bare(number)})
    if row is None:
        raise ReceiptUnknownError(
            f"no receipt has the number {number[:40]!r}; compare it with the paper, digit by digit"
        )
    return row
