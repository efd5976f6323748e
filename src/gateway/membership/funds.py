"""Found a fund: a self-managed group with an account of its own."""

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.membership import queries, write_queries
from gateway.membership.errors import CodeTakenError
from gateway.membership.queries import FundRow
from gateway.membership.rules import check_code


def found_fund(session: Session, *, code: str, name: str, treasurer: str | None, actor: str) -> FundRow:
    """Found a fund, open its account, and return it.

    Raises:
        CodeInvalidError: Not a code.
        CodeTakenError: Another fund has the code.
    """
    values = {"code": check_code(code.strip()), "name": " ".join(name.split()), "treasurer": treasurer}
    row = db.first(session, write_queries.INSERT_FUND, values)
    if row is None:
        raise CodeTakenError(f"there is a fund {code!r} already")
    open_accounts(session, [NewAccount(f"fund:{row.id}", "fund", row.id)], tenant.current(session).currency)
    audit.record(session, actor=actor, action="fund.found", subject_kind="fund", subject_id=row.id)
    return queries.get_fund(session, row.id)
