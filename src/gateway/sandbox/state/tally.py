"""The sums of an answer, while its lines go by."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.sandbox.state.realm import COLUMNS, REJECTED, Row

_COMPONENTS = 9
"""Where the seven components begin in a row."""


@dataclass
class PayrollBill:
    """What one filing adds to the notice of one payroll."""

    line_count: int = 0
    components: list[int] = field(default_factory=lambda: [0] * COLUMNS)


@dataclass
class Tally:
    """Counts and totals, the whole and by payroll."""

    accepted: int = 0
    rejected: int = 0
    declared_minor: int = 0
    accepted_minor: int = 0
    billed_minor: int = 0
    by_payroll: dict[str, PayrollBill] = field(default_factory=dict)
    """Of the payrolls with anything to bill."""

    def add(self, rows: Sequence[Row]) -> None:
        """Take some lines into account."""
        self.declared_minor += sum(row[6] for row in rows)
        taken = [row for row in rows if row[4] != REJECTED]
        self.accepted += len(taken)
        self.rejected += len(rows) - len(taken)
        self.accepted_minor += sum(row[7] for row in taken)
        for payroll in {row[1] for row in taken}:
            self._add_bill(payroll, [row for row in taken if row[1] == payroll])

    def _add_bill(self, payroll: str, rows: Sequence[Row]) -> None:
        sums = [sum(column) for column in list(zip(*rows, strict=True))[_COMPONENTS:]]
        if not any(sums):
            return
        self.billed_minor += sum(sums)
        bill = self.by_payroll.setdefault(payroll, PayrollBill())
        bill.line_count += len(rows)
        bill.components = [before + more for before, more in zip(bill.components, sums, strict=True)]
