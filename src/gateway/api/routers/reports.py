"""Statements, balances, the trust report and figures over time, in five forms, as of any past date on either clock."""

import datetime as dt
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Header, Query, Response
from pydantic import AwareDatetime

from gateway.api.dependencies import ActDep, allow
from gateway.api.errors import problems
from gateway.api.routing import Router
from gateway.api.titles import language_of
from gateway.reports.build import ask, build
from gateway.reports.render import WRITERS, Form, file_name, render
from gateway.reports.rules import Question, ReportKind, Step
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["reports"])

READERS = (Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR)

FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report; `Content-Location` is the question with both clocks set, which has the same bytes for ever.",
        "content": {writer.media_type.split(";")[0]: {} for writer in WRITERS.values()},
        "headers": {
            "Content-Location": {"schema": {"type": "string"}, "description": "The same question with both clocks set."}
        },
    }
}


@router.get(
    "/reports/{kind}",
    summary="A report",
    dependencies=[allow(*READERS)],
    response_class=Response,
    responses={**problems(404, 409, 422), **FORMS},
)
def get_report(
    kind: ReportKind,
    act: ActDep,
    form: Annotated[Form, Query(description="The form it is wanted in.")] = Form.JSON,
    subject: Annotated[
        str | None,
        Query(
            description="Member's number, fund's code, collector, account's code; for the general ledger an account or control account, or nothing for all.",
            max_length=200,
            examples=["bank:reservas"],
        ),
    ] = None,
    from_on: Annotated[
        dt.date | None,
        Query(
            description="Told one by one from this day on; before it as an opening balance. Figures over time begin here; twelve months where left out."
        ),
    ] = None,
    valid_on: Annotated[
        dt.date | None, Query(description="What happened up to this day; today where left out.")
    ] = None,
    recorded_at: Annotated[
        AwareDatetime | None,
        Query(description="What was booked up to this instant; the newest settled one where left out."),
    ] = None,
    step: Annotated[
        Step | None, Query(description="Of collections over time: by day, week or month; month where left out.")
    ] = None,
    accept_language: Annotated[str | None, Header(description="es, en or fr")] = None,
) -> Response:
    """Answer from the books as of both clocks. The same question always has the same bytes."""
    question = ask(
        act.session,
        kind,
        today=act.today,
        valid_on=valid_on,
        recorded_at=recorded_at,
        from_on=from_on,
        subject=subject,
        step=step,
    )
    report = build(act.session, question)
    body = render(report, form, language_of(accept_language))
    response = Response(body, media_type=WRITERS[form].media_type)
    response.headers["content-disposition"] = f'inline; filename="{file_name(report, form)}"'
    response.headers["content-location"] = _settled(question, form)
    return response


def _settled(question: Question, form: Form) -> str:
    asked = {
        "form": form,
        "subject": question.subject,
        "from_on": question.from_on,
        "step": question.step,
        "valid_on": question.valid_on,
        "recorded_at": question.recorded_at.astimezone(dt.UTC).isoformat(),
    }
    given = {name: str(value) for name, value in asked.items() if value is not None}
    return f"/v1/reports/{question.kind}?{urlencode(given)}"
