"""Claims: who is entitled, in words; the papers that are missing; what is expected and what came."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.benefits.place import (
    CLAIMS,
    COUNTER,
    HEALTH,
    INSTALMENTS,
    KINDS,
    OFFICERS,
    READERS,
    SEE_HEALTH,
    area,
    before,
    crumbs,
    law_in_words,
)
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_
from gateway.benefits import claim_queries as queries
from gateway.benefits.deadlines import list_deadlines
from gateway.benefits.eligibility import eligibility_of
from gateway.benefits.open_claim import NewClaim, open_claim
from gateway.benefits.receive_document import checklist, receive_documents
from gateway.benefits.rules import Stretch
from gateway.benefits.states import BenefitKind, ClaimStatus, InstalmentStatus, Place
from gateway.benefits.write_off import list_write_offs
from gateway.contributions.queries import names_of
from gateway.membership.queries import find_member_by_number, get_member
from gateway.staff.models import Role

PLACES = {Place.HOME: N_("at home"), Place.HOSPITAL: N_("in hospital")}
MOST_LATE = 20


@area.page("/benefits", *READERS)
def claims(desk: Desk) -> Response:
    """Show claims, the ones that must go to the state soon first."""
    words, status, kind = desk.words, desk.asked("status"), desk.asked("kind")
    names: dict[int, tuple[str, str]] = {}

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        rows = queries.list_claims(
            desk.session,
            kind=BenefitKind(kind) if kind in KINDS else None,
            status=ClaimStatus(status) if status in CLAIMS else None,
            member_id=None,
            before=before(key),
            limit=limit,
        )
        names.update(names_of(desk.session, [row.member_id for row in rows]))
        return rows

    rows = desk.listing(
        [
            Column(N_("Claim"), lambda row: row.id, "code", link=lambda row: f"/benefits/claims/{row.id}"),
            Column(N_("Member"), lambda row: names[row.member_id][1], link=lambda row: f"/members/{row.member_id}"),
            Column(N_("Benefit"), lambda row: words.say(KINDS[row.kind])),
            Column(N_("From"), lambda row: row.starts_on, "day"),
            Column(N_("To the state until"), lambda row: row.submit_by, "day"),
            Column(N_("Amount"), lambda row: row.decided_minor or row.computed_minor, "amount"),
            Column(
                N_("Status"),
                lambda row: words.say(CLAIMS[row.status][0]),
                "status",
                tone=lambda row: CLAIMS[row.status][1],
            ),
        ],
        fetch,
        key=lambda row: (row.id,),
        filters=[
            Filter("kind", N_("Benefit"), [(str(one), words.say(said)) for one, said in KINDS.items()]),
            Filter("status", N_("Status"), [(str(one), words.say(said)) for one, (said, _) in CLAIMS.items()]),
        ],
        empty=N_("No claim fits. Open one when a member comes with the papers."),
    )
    if isinstance(rows, Response):
        return rows
    late = list_deadlines(desk.session, today=desk.today, until=None, after=(desk.today.min, 0), limit=MOST_LATE)
    return desk.page(
        "benefits/claims.html",
        crumbs=[],
        rows=rows,
        late=late,
        late_names=names_of(desk.session, [one.member_id for one in late]),
        may_open=desk.may(OFFICERS),
    )


def _show_new(desk: Desk, form: Form) -> Response:
    if not form.is_typed:
        form.lists |= {"number": [desk.asked("member", 30)], "children": ["1"]}
    return desk.page(
        "benefits/new.html",
        crumbs=crumbs(desk, (N_("Open a claim"), "")),
        form=form,
        kinds=[(str(one), desk.words.say(said)) for one, said in KINDS.items()],
        places=[(str(one), desk.words.say(said)) for one, said in PLACES.items()],
    )


@area.act(
    "/benefits/new",
    *OFFICERS,
    show=_show_new,
    fields={"claim_known": "number", "claim_invalid": "starts_on", "member_not_found": "number"},
)
def new(desk: Desk, form: Form) -> Go:
    """Open a claim for a birth or an illness."""
    number = form.text("number", required=True, most=30)
    member = find_member_by_number(desk.session, number.upper()) if number else None
    if number and member is None:
        form.fault("number", N_("No member has this number."))
    kind = form.choice("kind", [str(one) for one in KINDS], required=True)
    starts, ends = form.day("starts_on", required=True), form.day("ends_on")
    place = form.choice("place", [str(one) for one in PLACES])
    if kind == BenefitKind.COMMON_ILLNESS and (ends is None or not place):
        form.fault("ends_on", N_("Of an illness: until when, and where."))
    if starts is not None and ends is not None and ends < starts:
        form.fault("ends_on", N_("Before the first day."))
    form.check()
    assert member is not None
    assert starts is not None
    stretches = [Stretch(starts, ends, Place(place))] if kind == BenefitKind.COMMON_ILLNESS and ends is not None else []
    asked = NewClaim(
        member_id=member.id,
        kind=BenefitKind(kind),
        starts_on=starts,
        stretches=stretches,
        children=form.number("children") or 1,
        diagnosis=form.text("diagnosis"),
    )
    made = open_claim(desk.session, asked, actor=desk.actor, today=desk.today)
    return Go(f"/benefits/claims/{made.id}", N_("The claim is open: see which papers are missing."), {}, "wait")


@area.page("/benefits/claims/{claim_id:int}", *READERS)
def claim(desk: Desk, claim_id: int) -> Response:
    """Show a claim with its papers, what is expected and what came; what is about health for those alone who need it."""
    return _claim(desk, desk.form(), claim_id)


def _claim(desk: Desk, form: Form, claim_id: int) -> Response:
    found, words = queries.get_claim(desk.session, claim_id), desk.words
    member = get_member(desk.session, found.member_id)
    standing = eligibility_of(desk.session, found.member_id, kind=BenefitKind(found.kind), on=found.starts_on)
    papers, officer = checklist(desk.session, found), desk.may(OFFICERS)
    steps = {
        "documents": officer and found.status == ClaimStatus.OPENED,
        "submit": officer and found.status == ClaimStatus.DOCUMENTED,
        "decide": officer and found.status == ClaimStatus.SUBMITTED,
        "advance": officer and found.status in {ClaimStatus.SUBMITTED, ClaimStatus.ACCEPTED},
        "close": officer and found.status in {ClaimStatus.ACCEPTED, ClaimStatus.REFUSED},
        "withdraw": officer and found.status in {ClaimStatus.OPENED, ClaimStatus.DOCUMENTED, ClaimStatus.SUBMITTED},
        "write_off": desk.may((Role.MANAGER,)) and found.outstanding_minor > 0,
    }
    write_offs = list_write_offs(desk.session, claim_id)
    return desk.page(
        "benefits/claim.html",
        crumbs=crumbs(desk, (words.say("Claim {number}", number=claim_id), "")),
        form=form,
        found=found,
        member=member,
        name=" ".join(part for part in (member.given_names, member.first_surname, member.second_surname) if part),
        kind=KINDS[BenefitKind(found.kind)],
        standing=CLAIMS[ClaimStatus(found.status)],
        entitled=standing.standing.is_eligible,
        entitled_words=standing.words.get(words.language, standing.words["es"]),
        papers=[(one, one.words.get(words.language, one.words["es"])) for one in papers],
        instalments=queries.list_instalments(desk.session, claim_id),
        instalment_words=INSTALMENTS,
        receipts=queries.list_receipts(desk.session, claim_id),
        values=[law_in_words(desk, one) for one in found.basis.get("values", ())],
        health=[(words.say(said), str(found.health[name])) for name, said in HEALTH.items() if name in found.health]
        if desk.may(SEE_HEALTH)
        else [],
        steps=steps,
        write_offs=write_offs,
        may_decide_write_off=desk.may((Role.MANAGER, Role.ACCOUNTANT)),
        expected_status=InstalmentStatus.EXPECTED,
    )


@area.act("/benefits/claims/{claim_id:int}/documents", *OFFICERS, show=_claim, at="/benefits/claims/{claim_id:int}")
def documents(desk: Desk, form: Form, claim_id: int) -> Go:
    """Write down which papers came; with the last of them the claim is ready for the state."""
    codes = form.many("paper")
    if not codes:
        form.fault("paper", N_("Tick the papers that came."))
    form.check()
    done = receive_documents(
        desk.session, claim_id, codes=codes, received_on=desk.today, actor=desk.actor, today=desk.today
    )
    is_ready = done.status == ClaimStatus.DOCUMENTED
    return Go(
        f"/benefits/claims/{claim_id}",
        N_("All papers are here: it can go to the state.") if is_ready else N_("Written down."),
    )


@area.page("/benefits/eligibility/{member_id:int}", *COUNTER)
def eligibility(desk: Desk, member_id: int) -> Response:
    """Say in words whether a member is entitled to each benefit today, and from when if not."""
    member, language = get_member(desk.session, member_id), desk.words.language
    rows = []
    for kind, said in KINDS.items():
        found = eligibility_of(desk.session, member_id, kind=kind, on=desk.today)
        rows.append((desk.words.say(said), found.standing.is_eligible, found.words.get(language, found.words["es"])))
    return desk.page(
        "benefits/eligibility.html",
        crumbs=crumbs(desk, (N_("Who is entitled"), "")),
        member=member,
        name=" ".join(part for part in (member.given_names, member.first_surname, member.second_surname) if part),
        rows=rows,
        may_open=desk.may(OFFICERS),
    )
