"""Open a payroll: the state's key under which members are declared."""

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.membership import queries, write_queries
from gateway.membership.errors import CodeTakenError
from gateway.membership.queries import PayrollRow
from gateway.membership.rules import check_payroll_code


def open_payroll(session: Session, *, code: str, name: str, employer_number: str | None, actor: str) -> PayrollRow:
    """Open a payroll and return it; without an employer's number it is the mutual's own.

    Raises:
        CodeInvalidError: Not a key that the state gives.
        CodeTakenError: The employer has a payroll with this key.
    """
    mutual = tenant.current(session)
    values = {"code": check_payroll_code(code, mutual.country), "name": " ".join(name.split())}
    row = db.first(
        session, write_queries.INSERT_PAYROLL, {**values, "employer_number": employer_number or mutual.employer_number}
    )
    if row is None:
        raise CodeTakenError(f"this employer has a payroll {code!r} already")
    audit.record(session, actor=actor, action="payroll.open", subject_kind="payroll", subject_id=row.id)
    return queries.get_payroll(session, row.id)
