"""Pages of one statement, put together where one file holds them all."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.bank.statement import Statement, balance_problem

TOGETHER = "the pages of one statement are put together"


def join_pages(statements: Sequence[Statement]) -> list[Statement]:
    """Return the statements with consecutive pages of one made whole; what is no page, or lacks its neighbour, stays."""
    whole: list[Statement] = []
    for statement in statements:
        if whole and _continues(whole[-1], statement):
            whole[-1] = _joined(whole[-1], statement)
        else:
            whole.append(statement)
    return [_told(statement) for statement in whole]


def _continues(before: Statement, after: Statement) -> bool:
    same = (before.account, before.currency, before.reference, before.sequence) == (
        after.account, after.currency, after.reference, after.sequence,
    )  # fmt: skip
    if not same or before.pages is None or before.is_last_page or after.pages is None:
        return False
    if after.pages[0] != before.pages[1] + 1:
        return False
    follows = before.closing_minor == after.opening_minor
    # Some banks print the whole statement's balances on each page.
    repeated = (before.opening_minor, before.closing_minor) == (after.opening_minor, after.closing_minor)
    split = before.closing_minor is None or after.opening_minor is None
    return follows or repeated or split


def _joined(before: Statement, after: Statement) -> Statement:
    days = [day for day in (before.from_on, before.to_on, after.from_on, after.to_on) if day]
    offset = before.entry_count + before.unbooked_count
    joined = replace(
        before,
        from_on=min(days, default=None),
        to_on=max(days, default=None),
        opening_minor=after.opening_minor if before.opening_minor is None else before.opening_minor,
        closing_minor=before.closing_minor if after.closing_minor is None else after.closing_minor,
        credits_minor=before.credits_minor + after.credits_minor,
        debits_minor=before.debits_minor + after.debits_minor,
        entry_count=before.entry_count + after.entry_count,
        lines=[*before.lines, *(replace(line, entry_no=line.entry_no + offset) for line in after.lines)],
        tolerances=list(dict.fromkeys([*before.tolerances, *after.tolerances, TOGETHER])),
        unbooked_count=before.unbooked_count + after.unbooked_count,
        page_no=after.page_no,
        first_page_no=before.pages and before.pages[0],
        is_last_page=after.is_last_page,
    )
    booked = joined.credits_minor - joined.debits_minor
    problem = balance_problem(joined.opening_minor, joined.closing_minor, booked, joined.currency)
    return replace(joined, problem=problem)


def _told(statement: Statement) -> Statement:
    if statement.page_no is None or statement.is_last_page:
        return statement
    told = f"this is page {statement.page_no} of a statement whose last page is not in the file"
    if statement.problem is None:
        return replace(statement, tolerances=[*statement.tolerances, told])
    return replace(statement, problem=f"{told}; {statement.problem}")
