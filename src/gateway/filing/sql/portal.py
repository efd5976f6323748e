"""Statements that set a portal's answer beside our lines."""

from typing import NamedTuple


class Ours(NamedTuple):
    """One line of a file of ours, as an answer is compared with it."""

    line_no: int
    payroll: str
    document_kind: str
    document: str
    """Of the worker; of a dependant's line, the holder's, as the state answers."""
    wage_minor: int
    state_minor: int
    heads: int


_OURS = """
-- one row per line of a file, in its order
SELECT l.line_no, p.code, {columns}
FROM {table} l
JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id
JOIN payroll p ON p.mutual_id = f.mutual_id AND p.id = f.payroll_id
WHERE l.mutual_id = current_mutual() AND l.filing_id = %(filing_id)s AND l.line_no BETWEEN %(first)s AND %(last)s
ORDER BY l.line_no
"""

OURS = {
    holds: _OURS.replace("{table}", table).replace("{columns}", columns)
    for holds, table, columns in (
        (
            "workers",
            "filing_line",
            "l.document_kind, l.document, l.wage_minor, l.state_minor, l.additional_dependants",
        ),
        ("dependants", "filing_dependant_line", "l.holder_document_kind, l.holder_document, 0::int8, 0::int8, 0"),
        ("movements", "filing_movement", "l.document_kind, l.document, l.wage_minor, 0::int8, 0"),
    )
}

SUMS = """
-- one row: the staged answer added up
SELECT count(*)::int, (count(*) FILTER (WHERE status <> 'rejected'))::int, (count(*) FILTER (WHERE status = 'rejected'))::int,
       coalesce(sum(declared_minor), 0)::int8, coalesce(sum(accepted_minor), 0)::int8, coalesce(sum(amount_minor), 0)::int8
FROM filing_answered
"""

PROBLEM_OF = """
-- at most one row: why an answer that was kept cannot be used
SELECT problem FROM filing_answer WHERE mutual_id = current_mutual() AND document_id = :document_id AND sha256 = :sha256
"""

OURS_OF_MONTH = """
-- one row per answered file with workers of a payroll and month: which filing, and what its accepted lines come to
SELECT d.reference, d.filing_id, d.accepted_count AS line_count, d.accepted_minor AS amount_minor
FROM filing f
JOIN filing_document d ON d.mutual_id = f.mutual_id AND d.filing_id = f.id AND d.holds = 'workers' AND d.accepted_count > 0
WHERE f.mutual_id = current_mutual() AND f.payroll_id = :payroll_id AND f.period_start = :start
  AND f.status IN ('accepted', 'partial', 'settled')
  AND (CAST(:filing_ids AS bigint[]) IS NULL OR f.id = ANY (CAST(:filing_ids AS bigint[])))
ORDER BY d.id
"""
