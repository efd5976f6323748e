"""The bytes of a line that the filing's Merkle root stands over.

Fields in a fixed order, joined by tabs, UTF-8; a list by commas; nothing where a value is empty. They say who is
declared with what, what it costs by component, and where the money came from, so that anybody who holds a line's
bytes, its number and the root can prove both without us. The order never changes; a new field would be a new
``FORM``.
"""

from collections.abc import Sequence
from typing import Any

FORM = "gateway.filing_line.1"


def line_bytes(reference: object, row: Sequence[Any]) -> bytes:
    """Return the canonical bytes of one line.

    Args:
        reference: The filing's own id.
        row: One row of ``sql.seal.LINES``.
    """
    (line_no, kind, document, given, first, second, sex, birth, wage, member, assessment, heads, amounts, state, fee,
     own, credit, from_fund, from_reserve, fund) = row  # fmt: skip
    return (
        f"{FORM}\t{reference}\t{line_no}\t{kind}\t{document}\t{given}\t{first}\t{second}\t{sex}\t{birth}\t{wage}\t"
        f"{member}\t{assessment}\t{heads}\t{','.join(map(str, amounts))}\t{state}\t{fee}\t{own}\t{credit}\t{from_fund}\t"
        f"{from_reserve}\t{'' if fund is None else fund}"
    ).encode()
