"""What a member sees of her own: nothing here takes anybody else's identifier."""

from typing import Any

from fastapi import Response

from gateway.api.errors import problems
from gateway.api.members import MEMBERS, MemberDep
from gateway.api.mine import UNCHANGED, SmallPageDep, answer, page
from gateway.api.money import text_of
from gateway.api.pages import Page
from gateway.api.routing import Router
from gateway.api.schemas.common import PathId
from gateway.api.schemas.me import (
    CoverageRead,
    DueRead,
    FamilyRead,
    MeRead,
    MyBenefitRead,
    MyFilingRead,
    MyNoticeRead,
    MyPayoutRead,
    MyReceiptRead,
    SummaryRead,
)
from gateway.kit.period import Period
from gateway.membership.rules import mask
from gateway.selfcheck import overview, queries, reasons, words

router = Router(prefix="/v1/me", tags=["me"], dependencies=[MEMBERS])


@router.get("", response_model=MeRead, summary="Who I am", responses=UNCHANGED)
def get_me(act: MemberDep) -> Response:
    """Return the member's own row; of each number only the last figures can be read."""
    row = queries.get_me(act.session, act.member_id)
    return answer(
        act,
        MeRead(
            number=row.number,
            given_names=row.given_names,
            first_surname=row.first_surname,
            second_surname=row.second_surname,
            identity_kind=row.identity_kind,
            identity=mask(row.identity) if row.identity else None,
            phone=mask(row.phone) if row.phone else None,
            language=row.language,
            status=row.status,
            mutual=row.mutual,
            is_helper=act.insider.helper_id is not None,
        ),
    )


@router.get("/family", response_model=Page[FamilyRead], summary="My family", responses=UNCHANGED)
def list_family(act: MemberDep, asked: SmallPageDep) -> Response:
    """Return who is covered through the member, and whether they are this month."""
    (after,) = asked.after(int) or (0,)
    month = overview.coverage(act.session, act.member_id, newest=Period.of(act.today), limit=1)
    own = month[0].standing if month else reasons.NOT_COVERED
    rows = queries.list_family(act.session, act.member_id, today=act.today, after=after, limit=asked.fetch)

    def shape(row: Any) -> FamilyRead:
        identity = mask(row.identity_value) if row.identity_value else None
        standing = overview.kin_standing(own, row, act.today)
        return FamilyRead.model_validate({**row._mapping, "identity": identity, "standing": standing})

    return page(act, asked, Page[FamilyRead], rows, shape)


@router.get("/coverage", response_model=Page[CoverageRead], summary="My months", responses=UNCHANGED)
def list_coverage(act: MemberDep, asked: SmallPageDep) -> Response:
    """Return whether each month is covered and why, the newest first."""
    (last,) = asked.after(str) or (None,)
    newest = Period.of(act.today) if last is None else min(Period.parse(last).previous(), Period.of(act.today))
    rows = overview.coverage(act.session, act.member_id, newest=newest, limit=asked.fetch)

    def shape(row: overview.CoverMonth) -> CoverageRead:
        return CoverageRead(
            month=str(row.period),
            standing=row.standing,
            reason=row.reason,
            words=words.text_of(act.language, reasons.SENTENCES[row.reason]),
            state_code=row.state_code,
        )

    return page(act, asked, Page[CoverageRead], rows, shape, key="month")


@router.get("/dues", response_model=DueRead, summary="What the next filing needs", responses=UNCHANGED)
def get_dues(act: MemberDep) -> Response:
    """Return what the next filing needs of the member, what was paid for it, what is missing and until when."""
    number = queries.get_me(act.session, act.member_id).number
    due = overview.due(act.session, act.member_id, number, act.mutual, today=act.today)
    if due is None:
        nothing = {"month", "cost_amount", "paid_amount", "missing_amount", "until", "reference"}
        empty = dict.fromkeys(nothing) | {"currency": act.mutual.currency, "is_estimate": False}
        return answer(act, DueRead.model_validate(empty))
    return answer(
        act,
        DueRead(
            month=str(due.period),
            cost_amount=text_of(due.cost_minor, due.currency),
            paid_amount=text_of(due.held_minor, due.currency),
            missing_amount=text_of(due.short_minor, due.currency),
            currency=due.currency,
            until=due.until,
            reference=due.reference,
            is_estimate=due.is_estimate,
        ),
    )


def _receipt(row: Any) -> MyReceiptRead:
    return MyReceiptRead.model_validate({**row._mapping, "amount": text_of(row.amount_minor, row.currency)})


@router.get("/receipts", response_model=Page[MyReceiptRead], summary="My receipts", responses=UNCHANGED)
def list_receipts(act: MemberDep, asked: SmallPageDep) -> Response:
    """Return the member's part of each receipt, the newest first."""
    (before,) = asked.after(int) or (None,)
    rows = queries.list_receipts(act.session, act.member_id, before=before, limit=asked.fetch)
    return page(act, asked, Page[MyReceiptRead], rows, _receipt)


@router.get(
    "/receipts/{receipt_id}", response_model=MyReceiptRead, summary="One receipt of mine",
    responses=UNCHANGED | problems(404),
)  # fmt: skip
def get_receipt(receipt_id: PathId, act: MemberDep) -> Response:
    """Return the member's part of a receipt."""
    return answer(act, _receipt(queries.get_receipt(act.session, act.member_id, receipt_id)))


@router.get("/filings", response_model=Page[MyFilingRead], summary="What was filed of me", responses=UNCHANGED)
def list_filings(act: MemberDep, asked: SmallPageDep) -> Response:
    """Return the member's line in each filing, with the state's answer, the newest first."""
    (before,) = asked.after(int) or (None,)
    rows = queries.list_filed(act.session, act.member_id, before=before, limit=asked.fetch)

    def shape(row: Any) -> MyFilingRead:
        return MyFilingRead.model_validate(
            {
                **row._mapping,
                "month": str(Period.of(row.period_start)),
                "total_amount": text_of(row.total_minor, row.currency),
                "own_amount": text_of(row.from_member_minor, row.currency),
                "helped_amount": text_of(row.helped_minor, row.currency),
            }
        )

    return page(act, asked, Page[MyFilingRead], rows, shape, key="filing_id")


@router.get("/benefits", response_model=Page[MyBenefitRead], summary="My benefits", responses=UNCHANGED)
def list_benefits(act: MemberDep, asked: SmallPageDep) -> Response:
    """Return the benefits the state grants the member, the newest first."""
    (before,) = asked.after(int) or (None,)
    rows = queries.list_benefits(act.session, act.member_id, before=before, limit=asked.fetch)

    def shape(row: Any) -> MyBenefitRead:
        month = str(Period.of(row.period_start)) if row.period_start else None
        amount = text_of(row.amount_minor, row.currency)
        is_allotted = row.remittance_status == "allotted"
        return MyBenefitRead.model_validate(
            {**row._mapping, "month": month, "amount": amount, "is_allotted": is_allotted}
        )

    return page(act, asked, Page[MyBenefitRead], rows, shape)


@router.get("/payouts", response_model=Page[MyPayoutRead], summary="My payouts", responses=UNCHANGED)
def list_payouts(act: MemberDep, asked: SmallPageDep) -> Response:
    """Return what was or is to be paid to the member, the newest first."""
    (before,) = asked.after(int) or (None,)
    rows = queries.list_payouts(act.session, act.member_id, before=before, limit=asked.fetch)

    def shape(row: Any) -> MyPayoutRead:
        amount = text_of(row.amount_minor, row.currency)
        return MyPayoutRead.model_validate({**row._mapping, "amount": amount, "destination": mask(row.destination)})

    return page(act, asked, Page[MyPayoutRead], rows, shape)


@router.get("/notices", response_model=Page[MyNoticeRead], summary="What I was told", responses=UNCHANGED)
def list_notices(act: MemberDep, asked: SmallPageDep) -> Response:
    """Return the messages to the member, the newest first."""
    (before,) = asked.after(int) or (None,)
    rows = queries.list_notices(act.session, act.member_id, before=before, limit=asked.fetch)
    return page(act, asked, Page[MyNoticeRead], rows, MyNoticeRead.model_validate)


@router.get("/summary", response_model=SummaryRead, summary="How I stand, in one short message", responses=UNCHANGED)
def get_summary(act: MemberDep) -> Response:
    """Return the last months, what is missing and what is owed, in a text that one short message holds."""
    row = queries.get_me(act.session, act.member_id)
    found = overview.overview(act.session, act.member_id, row.number, act.mutual, today=act.today)
    return answer(
        act,
        SummaryRead(
            text=overview.in_one_message(found, act.mutual, act.language),
            as_of=act.today,
            owed_amount=text_of(found.owed_minor, found.currency),
            held_amount=text_of(overview.held(act.session, act.member_id), found.currency),
            currency=found.currency,
        ),
    )
