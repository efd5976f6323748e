"""RD: additional dependants, added and removed. The register changes as the lines are read."""

import sqlite3
from dataclasses import dataclass, field

from gateway.sandbox.state.identity import Register, has_form
from gateway.sandbox.state.realm import ACCEPTED, NOTHING, REJECTED, Row

WORKS_NOW = """
-- one row if the person was declared as a worker, by anybody, in either of the two newest months
SELECT 1 FROM declared
WHERE person = ? AND period_id IN (
    SELECT id FROM employer_period
    WHERE period IN (SELECT DISTINCT period FROM employer_period ORDER BY period DESC LIMIT 2))
LIMIT 1
"""


@dataclass
class DependantJudge:
    """Everything that decides on the lines of one file of dependants."""

    connection: sqlite3.Connection
    """In the transaction that will hold the verdicts too."""
    employer: str
    period: str
    register: Register
    repeated: set[str]
    inactive_payrolls: set[str]
    seen: set[str] = field(default_factory=set)

    def judge(self, number: int, line: str) -> Row:
        """Return the verdict on one line, and change the register if it is accepted."""
        holder_kind, holder = line[4], line[5:16].rstrip(" ")
        code = self._refusal(line, holder_kind, holder)
        if code is None:
            self._apply(line, holder_kind + holder)
        status = ACCEPTED if code is None else REJECTED
        return (number, line[1:4], holder_kind, holder, status, code or "0", 0, 0, 0, *NOTHING)

    def _refusal(self, line: str, holder_kind: str, holder: str) -> str | None:
        payroll, event, kind, document = line[1:4], line[16:18], line[18], line[19:30].rstrip(" ")
        if payroll in ("000", "888", "999") or not payroll.isdecimal():
            return "155"
        if payroll in self.inactive_payrolls:
            return "194"
        if event not in ("ID", "SD"):
            return "164"
        if holder_kind not in "CN" or not has_form(holder_kind, holder) or not has_form(kind, document):
            return "101"
        key = payroll + kind + document
        if key in self.seen:
            return "422"
        self.seen.add(key)
        if self.register.refusal(holder_kind, holder):
            return "111"
        if self.register.refusal(kind, document):
            return "110"
        if holder_kind + holder == kind + document:
            return "192"
        if self.register.says("not_in_family", document):
            return "195"
        return self._status_refusal(event, holder_kind + holder, kind + document, document)

    def _status_refusal(self, event: str, holder: str, dependant: str, document: str) -> str | None:
        active = self.connection.execute(
            "SELECT employer, holder FROM dependant WHERE dependant = ? AND ended IS NULL", [dependant]
        ).fetchone()
        if event == "SD":
            return None if active and (active["employer"], active["holder"]) == (self.employer, holder) else "115"
        if self.register.says("active_elsewhere", document):
            return "112"
        if active:
            return "191" if (active["employer"], active["holder"]) == (self.employer, holder) else "112"
        works = self.connection.execute(WORKS_NOW, [dependant]).fetchone()
        return "120" if works or self.register.says("working", document) else None

    def _apply(self, line: str, holder: str) -> None:
        dependant = line[18] + line[19:30].rstrip(" ")
        if line[16:18] == "SD":
            self.connection.execute(
                "UPDATE dependant SET ended = ? WHERE dependant = ? AND ended IS NULL", [self.period, dependant]
            )
        else:
            self.connection.execute(
                "INSERT INTO dependant (employer, payroll, holder, dependant, since) VALUES (?, ?, ?, ?, ?)",
                [self.employer, line[1:4], holder, dependant, self.period],
            )
