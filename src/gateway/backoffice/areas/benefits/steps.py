"""A claim's steps: to the state, its word, money ahead of it, and its end."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.benefits.place import OFFICERS, area, crumbs
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import N_
from gateway.benefits import claim_queries as queries
from gateway.benefits.advance import advance
from gateway.benefits.close_claim import close_claim
from gateway.benefits.decide_claim import accept_claim, refuse_claim, withdraw_claim
from gateway.benefits.states import InstalmentStatus, WriteOffOutcome
from gateway.benefits.submit_claim import submit_claim
from gateway.benefits.write_off import approve_write_off, decline_write_off, list_write_offs, propose_write_off
from gateway.staff.models import Role

OUTCOMES = {
    WriteOffOutcome.OWED_BY_MEMBER: N_("the member owes it"),
    WriteOffOutcome.LOSS: N_("it is the mutual's loss"),
}
TITLES = {
    "submission": N_("It went to the state"),
    "decision": N_("The state's word"),
    "advance": N_("Pay ahead of the state"),
    "closing": N_("Close the claim"),
    "withdrawal": N_("Give the claim up"),
    "write-off": N_("Who bears the advance"),
}
PATH = "/benefits/claims/{claim_id:int}"


def _step(name: str) -> Any:
    def show(desk: Desk, form: Form, claim_id: int) -> Response:
        found = queries.get_claim(desk.session, claim_id)
        if not form.is_typed:
            form.lists |= {day: [desk.today.isoformat()] for day in ("submitted_on", "decided_on")}
        if not form.is_typed and name == "decision" and found.computed_minor:
            form.lists["amount"] = [desk.words.money(found.computed_minor, found.currency)]
        open_ones = [
            one
            for one in queries.list_instalments(desk.session, claim_id)
            if one.status == InstalmentStatus.EXPECTED and not one.advanced_minor
        ]
        instalments = [
            (
                str(one.instalment_no),
                f"{one.instalment_no} · {desk.words.day(one.expected_on)} · {desk.words.amount(one.expected_minor, found.currency)}",
            )
            for one in open_ones
        ]
        return desk.page(
            "benefits/step.html",
            crumbs=crumbs(
                desk,
                (desk.words.say("Claim {number}", number=claim_id), f"/benefits/claims/{claim_id}"),
                (TITLES[name], ""),
            ),
            form=form,
            found=found,
            step=name,
            title=TITLES[name],
            instalments=instalments,
            outcomes=[(str(one), desk.words.say(said)) for one, said in OUTCOMES.items()],
        )

    return show


@area.act(
    f"{PATH}/submission",
    *OFFICERS,
    show=_step("submission"),
    fields={"not_eligible": "submitted_on", "contributory_wage_unknown": "submitted_on"},
)
def submitted(desk: Desk, form: Form, claim_id: int) -> Go:
    """Fix what the claim should bring, by instalment."""
    day = form.day("submitted_on", latest=desk.today) or desk.today
    reference = form.text("reference", most=60)
    form.check()
    submit_claim(
        desk.session,
        claim_id,
        submitted_on=day,
        authority_reference=reference or None,
        actor=desk.actor,
        today=desk.today,
    )
    return Go(f"/benefits/claims/{claim_id}", N_("It is with the state; the instalments are expected."), {}, "wait")


@area.act(f"{PATH}/decision", *OFFICERS, show=_step("decision"), fields={"claim_invalid": "amount"})
def decided(desk: Desk, form: Form, claim_id: int) -> Go:
    """Take in that the state pays and how much, or that it does not."""
    found = queries.get_claim(desk.session, claim_id)
    outcome = form.choice("outcome", ("accepted", "refused"), required=True)
    day = form.day("decided_on", latest=desk.today) or desk.today
    amount = form.amount("amount", found.currency)
    reason = form.text("reason", required=outcome == "refused")
    reference = form.text("reference", most=60)
    form.check()
    if outcome == "refused":
        refuse_claim(desk.session, claim_id, decided_on=day, reason=reason, actor=desk.actor, today=desk.today)
        return Go(f"/benefits/claims/{claim_id}", N_("Written down: the state does not pay."), {}, "wait")
    accept_claim(
        desk.session,
        claim_id,
        decided_on=day,
        decided_minor=amount,
        authority_reference=reference or None,
        actor=desk.actor,
        today=desk.today,
    )
    return Go(f"/benefits/claims/{claim_id}", N_("Written down: the state pays."))


def _sure_advance(desk: Desk, form: Form, claim_id: int) -> Confirmation:
    found, words = queries.get_claim(desk.session, claim_id), desk.words
    number = form.number("instalment", required=True)
    form.check()
    row = next((one for one in queries.list_instalments(desk.session, claim_id) if one.instalment_no == number), None)
    amount = words.amount(row.expected_minor if row is not None else 0, found.currency)
    sentence = words.say(
        "Pay instalment {number}, {amount}, out of the mutual's float, before the state has paid it.",
        number=number,
        amount=amount,
    )
    return Confirmation(sentence, words.say("Pay it ahead"), f"/benefits/claims/{claim_id}")


@area.act(
    f"{PATH}/advance",
    *OFFICERS,
    show=_step("advance"),
    confirm=_sure_advance,
    fields={"float_short": "instalment", "advance_refused": "instalment"},
)
def ahead(desk: Desk, form: Form, claim_id: int) -> Go:
    """Give the member an instalment out of the mutual's float."""
    number = form.number("instalment", required=True)
    form.check()
    advance(desk.session, claim_id, number=number or 0, actor=desk.actor, today=desk.today)
    return Go(f"/benefits/claims/{claim_id}", N_("It is owed to the member now; it goes out with the next payouts."))


@area.act(f"{PATH}/closing", *OFFICERS, show=_step("closing"))
def closed(desk: Desk, form: Form, claim_id: int) -> Go:
    """Close a claim; with a reason where something is still awaited."""
    reason = form.text("reason")
    form.check()
    close_claim(desk.session, claim_id, actor=desk.actor, reason=reason or None)
    return Go(f"/benefits/claims/{claim_id}", N_("The claim is closed."))


@area.act(f"{PATH}/withdrawal", *OFFICERS, show=_step("withdrawal"))
def withdrawn(desk: Desk, form: Form, claim_id: int) -> Go:
    """Give a claim up before the state has spoken."""
    reason = form.text("reason", required=True)
    form.check()
    withdraw_claim(desk.session, claim_id, reason=reason, actor=desk.actor)
    return Go(f"/benefits/claims/{claim_id}", N_("The claim is given up."))


@area.act(f"{PATH}/write-off", Role.MANAGER, show=_step("write-off"))
def borne(desk: Desk, form: Form, claim_id: int) -> Go:
    """Propose who bears what the state does not pay back; another person approves."""
    outcome = form.choice("outcome", [str(one) for one in OUTCOMES], required=True)
    reason = form.text("reason", required=True)
    form.check()
    propose_write_off(desk.session, claim_id, outcome=WriteOffOutcome(outcome), reason=reason, actor=desk.actor)
    return Go(f"/benefits/claims/{claim_id}", N_("Proposed. Another person approves it."), {}, "wait")


def _show_word(desk: Desk, form: Form, claim_id: int) -> Response:
    found = queries.get_claim(desk.session, claim_id)
    return desk.page(
        "benefits/word.html",
        crumbs=crumbs(
            desk,
            (desk.words.say("Claim {number}", number=claim_id), f"/benefits/claims/{claim_id}"),
            (TITLES["write-off"], ""),
        ),
        form=form,
        found=found,
        proposed=[(one, OUTCOMES[WriteOffOutcome(one.outcome)]) for one in list_write_offs(desk.session, claim_id)],
    )


@area.act(f"{PATH}/write-off/decision", Role.MANAGER, Role.ACCOUNTANT, show=_show_word)
def word(desk: Desk, form: Form, claim_id: int) -> Go:
    """Approve or decline who bears an advance."""
    decision = form.choice("decision", ("approve", "decline"), required=True)
    form.check()
    if decision == "approve":
        approve_write_off(desk.session, claim_id, actor=desk.actor, today=desk.today)
        return Go(f"/benefits/claims/{claim_id}", N_("Approved and booked."))
    decline_write_off(desk.session, claim_id, actor=desk.actor)
    return Go(f"/benefits/claims/{claim_id}", N_("Declined."))
