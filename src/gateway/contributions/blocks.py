"""Blocks of receipt numbers, given out before their receipts to somebody who works without a network.

The numbers are drawn from the receipts' own sequence, so a number of a block is never given to another receipt. A receipt
that carries one has it printed on the paper before we hear of it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session

from gateway.contributions.errors import BlockInvalidError
from gateway.contributions.reference import bare, receipt_number, serial_of
from gateway.kit import audit, db

MOST = 2_000
"""Numbers of one block: more than anybody writes in a week."""

RESERVE = """
-- one row per new receipt number's serial, and the mutual it is of
SELECT nextval(pg_get_serial_sequence('contribution_receipt', 'id')) AS serial, current_mutual() AS mutual_id
FROM generate_series(1, :size)
"""

INSERT_BLOCK = """
-- one row: the new block's id
INSERT INTO receipt_block (holder, size, actor) VALUES (:holder, :size, :actor) RETURNING id
"""

INSERT_NUMBERS = """
-- no row: the numbers of a block
INSERT INTO receipt_block_number (block_id, serial, number)
SELECT :block_id, n.serial, n.number
FROM unnest(CAST(:serials AS bigint[]), CAST(:numbers AS text[])) AS n (serial, number) ORDER BY n.serial
"""

NUMBERS_OF = """
-- one row per number of a block, in order, and whether a receipt has it
SELECT n.number, r.id IS NOT NULL AS is_used FROM receipt_block_number n
LEFT JOIN contribution_receipt r ON r.mutual_id = n.mutual_id AND r.id = n.serial
WHERE n.mutual_id = current_mutual() AND n.block_id = :block_id ORDER BY n.serial
"""

GIVEN_OUT = """
-- one row per number asked for that was given out: whose it is, and the receipt that has it
SELECT n.number, n.serial, b.holder, r.id IS NOT NULL AS is_used FROM receipt_block_number n
JOIN receipt_block b ON b.mutual_id = n.mutual_id AND b.id = n.block_id
LEFT JOIN contribution_receipt r ON r.mutual_id = n.mutual_id AND r.id = n.serial
WHERE n.mutual_id = current_mutual() AND n.serial = ANY (CAST(:serials AS bigint[]))
"""


class Block(NamedTuple):
    """A block of numbers, in order."""

    id: int
    numbers: list[str]


class GivenOut(NamedTuple):
    """A number that was given out."""

    serial: int
    """The id of the receipt it is for."""
    holder: str
    is_used: bool


def issue_block(session: Session, *, holder: str, size: int, actor: str) -> Block:
    """Give out a block of new receipt numbers with their check digits.

    Raises:
        BlockInvalidError: Not between one and ``MOST`` numbers.
    """
    if not 1 <= size <= MOST:
        raise BlockInvalidError(f"a block has 1 to {MOST} numbers, not {size}")
    reserved = db.rows(session, RESERVE, {"size": size})
    numbers = [receipt_number(row.mutual_id, row.serial) for row in reserved]
    block_id = int(db.scalar(session, INSERT_BLOCK, {"holder": holder, "size": size, "actor": actor}))
    values = {"block_id": block_id, "serials": [row.serial for row in reserved], "numbers": numbers}
    db.run(session, INSERT_NUMBERS, values)
    audit.record(
        session,
        actor=actor,
        action="receipt_block.issue",
        subject_kind="receipt_block",
        subject_id=block_id,
        detail={"holder": holder, "size": size},
    )
    return Block(block_id, numbers)


def numbers_of(session: Session, block_id: int) -> list[tuple[str, bool]]:
    """Return a block's numbers in order, each with whether a receipt has it."""
    return [(row.number, row.is_used) for row in db.rows(session, NUMBERS_OF, {"block_id": block_id})]


def find_given_out(session: Session, numbers: Sequence[str]) -> dict[str, GivenOut]:
    """Return what is known of the numbers asked for that were given out in blocks, by the bare number."""
    serials = [serial for number in numbers if (serial := serial_of(number)) is not None]
    asked = {bare(number) for number in numbers}
    return {
        row.number: GivenOut(row.serial, row.holder, row.is_used)
        for row in db.rows(session, GIVEN_OUT, {"serials": serials})
        if row.number in asked
    }
