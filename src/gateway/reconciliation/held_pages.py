"""Pages of one statement that come in several files: they wait for each other, and count only together.

Many banks print the whole statement's balances on each page, or the opening one on the first and the closing one on the
last. Such a page proves nothing by itself, so nothing of it is booked until every page is here and they add up.
"""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.bank.pages import join_pages
from gateway.bank.statement import Statement

PAGES_HELD = """
-- one row per page of an account's statements that waits, oldest first
SELECT id, evidence_id, statement_reference, sequence, from_on, to_on FROM bank_statement
WHERE mutual_id = current_mutual() AND account_id = :account_id AND status = 'quarantined' AND sequence LIKE '%/%'
ORDER BY id
"""

RELEASE_PAGES = """
-- no row: the pages of a statement that is whole now, with the balances and days of the whole
UPDATE bank_statement SET status = 'loaded', reason = NULL, opening_minor = :opening_minor, closing_minor = :closing_minor,
    from_on = :from_on, to_on = :to_on, loaded_at = clock_timestamp()
WHERE mutual_id = current_mutual() AND id = ANY (CAST(:ids AS bigint[])) AND status = 'quarantined'
"""

LAST_POSITION = 2_000_000_000


class HeldPage(NamedTuple):
    """A page, and which lines of the whole statement it brought."""

    statement_id: int
    since: int
    until: int


class Together(NamedTuple):
    """The pages of one statement that are here."""

    pages: list[HeldPage]
    whole: Statement | None
    """The statement, where all pages are here and add up."""
    reason: str
    """Why they wait, where they do."""


def is_part(statement: Statement) -> bool:
    """Tell whether a statement says that it is some pages of a longer one."""
    return statement.pages is not None and not (statement.pages[0] == 1 and statement.is_last_page)


def put_together(held: Sequence[tuple[int, Statement]]) -> list[Together]:
    """Return the statements that held pages are of; of a page that came twice the later one counts."""
    of_statement: dict[tuple[str, str, str, str], dict[int, tuple[int, Statement]]] = {}
    for number, page in held:
        if page.pages is not None:
            name = (page.account, page.currency, page.reference, page.sequence)
            of_statement.setdefault(name, {})[page.pages[0]] = (number, page)
    return [_together([pages[first] for first in sorted(pages)]) for pages in of_statement.values()]


def _together(pages: Sequence[tuple[int, Statement]]) -> Together:
    held, place = [], 0
    for number, page in pages:
        held.append(HeldPage(number, place, place + len(page.lines)))
        place += len(page.lines)
    told = told_missing([page for _, page in pages])
    if told:
        return Together(held, None, told)
    joined = join_pages([page for _, page in pages])
    if len(joined) == 1 and joined[0].problem is None:
        return Together(held, joined[0], "")
    wrong = joined[0].problem if len(joined) == 1 else "the pages name other balances than their neighbours"
    return Together(held, None, f"all {pages[-1][1].page_no} pages of the statement are here, and {wrong}")


def told_missing(pages: Sequence[Statement]) -> str:
    """Return in words which pages of a statement are not here; nothing where all are."""
    missing = _missing(pages)
    return (
        f"it is part of a statement in pages, of which {missing} not here; nothing is booked until all are"
        if missing
        else ""
    )


def _missing(pages: Sequence[Statement]) -> str:
    here = {number for page in pages if page.pages for number in range(page.pages[0], page.pages[1] + 1)}
    gone = [str(number) for number in range(1, max(here)) if number not in here]
    if not pages[-1].is_last_page:
        gone.append("the last")
    return f"page {gone[0]} is" if len(gone) == 1 else f"pages {', '.join(gone)} are" if gone else ""
