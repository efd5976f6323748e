"""Open a payroll: the state's key under which members are declared."""

from sqlmodel import Session

from gateway.kit import audit, db, tenant
from gateway.membership import queries, write_queries
from gateway.membership.employers import find_employer
from gateway.membership.errors import CodeTakenError, EmployerUnknownError
from gateway.membership.queries import PayrollRow
from gateway.membership.rules import check_employer_number, check_payroll_code


def open_payroll(session: Session, *, code: str, name: str, employer_number: str | None, actor: str) -> PayrollRow:
    """Open a payroll and return it; without an employer's number it is the mutual's own.

    Raises:
        CodeInvalidError: Not a key that the state gives.
        EmployerNumberError: A number the state could not have given.
        EmployerUnknownError: An employer who is not registered.
        CodeTakenError: The employer has a payroll with this key.
    """
    mutual = tenant.current(session)
    values = {"code": check_payroll_code(code, mutual.country), "name": " ".join(name.split())}
    number = mutual.employer_number
    if employer_number is not None and employer_number.strip() != number:
        number = check_employer_number(employer_number, mutual.country)
        if number != mutual.employer_number and find_employer(session, number) is None:
            raise EmployerUnknownError(f"no employer has the number {number}; register him before his payroll")
    row = db.first(session, write_queries.INSERT_PAYROLL, {**values, "employer_number": number})
    if row is None:
        raise CodeTakenError(f"this employer has a payroll {code!r} already")
    audit.record(session, actor=actor, action="payroll.open", subject_kind="payroll", subject_id=row.id)
    return queries.get_payroll(session, row.id)
