"""Batches: prepared, released by a second person, carried to the bank, and where each payout stands."""

from collections.abc import Mapping
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.payouts.place import (
    BATCHES,
    OFFICERS,
    PAYOUTS,
    RELEASERS,
    area,
    before,
    crumbs,
    destination,
    providers,
    standing_of,
)
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.long_files import Came, LongPage, earlier, later, offer
from gateway.backoffice.frame.texts import N_
from gateway.backoffice.frame.uploads import check_size
from gateway.contributions.queries import names_of
from gateway.kit.progress import Progress
from gateway.payouts import queries, report_later
from gateway.payouts.bank_file import read_bank_file
from gateway.payouts.bank_results import apply_report
from gateway.payouts.discard import discard
from gateway.payouts.hand_over import hand_over
from gateway.payouts.order import prepare
from gateway.payouts.release import release
from gateway.payouts.return_payout import return_payout
from gateway.payouts.rules import means_of
from gateway.payouts.states import BatchStatus, Means, PayoutStatus
from gateway.staff.models import Role

MOST_LISTED = 50
REPORTED = N_("Taken in. Payouts that the bank rejected and that are owed again: {count}.")


@area.page("/payouts", *OFFICERS, Role.CASHIER)
def batches(desk: Desk) -> Any:
    """Show the batches, newest first; a cashier gets to her pick-ups."""
    if not desk.may(OFFICERS, reads=True):
        return "/payouts/counter"
    words, status, names = desk.words, desk.asked("status"), providers(desk)

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        wanted = BatchStatus(status) if status in BATCHES else None
        return queries.list_batches(desk.session, status=wanted, before=before(key), limit=limit)

    rows = desk.listing(
        [
            Column(N_("Batch"), lambda row: row.id, "code", link=lambda row: f"/payouts/{row.id}"),
            Column(N_("By"), lambda row: words.account(row.provider, names)),
            Column(N_("Payouts"), lambda row: row.payout_count, "count"),
            Column(N_("Amount"), lambda row: row.total_minor, "amount"),
            Column(N_("Prepared"), lambda row: row.prepared_at, "instant"),
            Column(N_("Released"), lambda row: row.released_at, "instant"),
            Column(
                N_("Status"),
                lambda row: words.say(BATCHES[row.status][0]),
                "status",
                tone=lambda row: BATCHES[row.status][1],
            ),
        ],
        fetch,
        key=lambda row: (row.id,),
        filters=[Filter("status", N_("Status"), [(str(one), words.say(said)) for one, (said, _) in BATCHES.items()])],
        empty=N_("No batch fits. Prepare one when benefits are in members' accounts."),
    )
    if isinstance(rows, Response):
        return rows
    return desk.page("payouts/list.html", crumbs=[], rows=rows, may_prepare=desk.may(OFFICERS))


def _show_new(desk: Desk, form: Form) -> Response:
    return desk.page(
        "payouts/new.html",
        crumbs=crumbs(desk, (N_("Prepare payouts"), "")),
        form=form,
        providers=list(providers(desk).items()),
    )


@area.act(
    "/payouts/new", *OFFICERS, show=_show_new, fields={"nothing_owed": "provider", "provider_unknown": "provider"}
)
def new(desk: Desk, form: Form) -> Go:
    """Put everything that is owed and can be paid now into a draft; another person releases it."""
    provider = form.text("provider", required=True, most=60)
    form.check()
    done = prepare(desk.session, provider=provider, actor=desk.actor, today=desk.today)
    if not done.batches:
        places = {"count": desk.words.number(len(done.left_out))}
        return Go("/payouts", N_("Nothing can be paid this way now; {count} members were left out."), places, "wait")
    places = {"count": desk.words.number(len(done.left_out))}
    return Go(
        f"/payouts/{done.batches[0].id}",
        N_("Prepared; {count} members were left out. Another person releases it."),
        places,
        "wait",
    )


@area.page("/payouts/{batch_id:int}", *OFFICERS)
def batch(desk: Desk, batch_id: int) -> Response:
    """Show a batch and its payouts."""
    found, words, status = queries.get_batch(desk.session, batch_id), desk.words, desk.asked("status")
    names: dict[int, tuple[str, str]] = {}

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        wanted = PayoutStatus(status) if status in PAYOUTS else None
        rows = queries.list_payouts(
            desk.session, batch_id, status=wanted, after=0 if key is None else key[0], limit=limit
        )
        names.update(names_of(desk.session, [row.member_id for row in rows]))
        return rows

    rows = desk.listing(
        [
            Column(N_("Payout"), lambda row: row.id, "code", link=lambda row: f"/payouts/one/{row.id}"),
            Column(
                N_("Member"), lambda row: names[row.member_id][0], "code", link=lambda row: f"/members/{row.member_id}"
            ),
            Column(N_("Name"), lambda row: names[row.member_id][1]),
            Column(N_("Amount"), lambda row: row.amount_minor, "amount"),
            Column(N_("Goes to"), lambda row: destination(desk, row), "code"),
            Column(
                N_("Status"),
                lambda row: words.say(standing_of(row.status, found.status)[0]),
                "status",
                tone=lambda row: standing_of(row.status, found.status)[1],
            ),
            Column(N_("Why"), lambda row: row.reason_text or row.reason_code),
        ],
        fetch,
        key=lambda row: (row.id,),
        filters=[Filter("status", N_("Status"), [(str(one), words.say(said)) for one, (said, _) in PAYOUTS.items()])],
        empty=N_("No payout fits."),
        currency=found.currency,
    )
    if isinstance(rows, Response):
        return rows
    is_mine = found.prepared_by == desk.actor
    return desk.page(
        "payouts/batch.html",
        crumbs=crumbs(desk, (words.say("Batch {number}", number=batch_id), "")),
        found=found,
        provider=desk.words.account(found.provider, providers(desk)),
        standing=BATCHES[BatchStatus(found.status)],
        sums=[
            (words.say(standing_of(one.status, found.status)[0]), one)
            for one in queries.standing_of(desk.session, batch_id)
        ],
        rows=rows,
        may_release=found.status == BatchStatus.DRAFT and desk.may(RELEASERS) and not is_mine,
        waits_for_another=found.status == BatchStatus.DRAFT and is_mine,
        may_discard=found.status == BatchStatus.DRAFT and desk.may(OFFICERS),
        has_file=found.status != BatchStatus.DRAFT
        and found.request_sha256 is not None
        and desk.may(RELEASERS, reads=True),
        may_hand_over=found.status == BatchStatus.RELEASED and found.request_sha256 is not None and desk.may(RELEASERS),
    )


def _show_release(desk: Desk, form: Form, batch_id: int) -> Response:
    found = queries.get_batch(desk.session, batch_id)
    payouts = queries.list_payouts(desk.session, batch_id, status=None, after=0, limit=MOST_LISTED)
    return desk.page(
        "payouts/release.html",
        crumbs=crumbs(
            desk, (desk.words.say("Batch {number}", number=batch_id), f"/payouts/{batch_id}"), (N_("Release it"), "")
        ),
        form=form,
        found=found,
        provider=desk.words.account(found.provider, providers(desk)),
        payouts=[(row, destination(desk, row)) for row in payouts],
        names=names_of(desk.session, [row.member_id for row in payouts]),
        prepared_by=found.prepared_by.partition(":")[2],
    )


def _sure(desk: Desk, _form: Form, batch_id: int) -> Confirmation:
    found, words = queries.get_batch(desk.session, batch_id), desk.words
    sentence = words.count(
        "Release one payout, {amount}, to one member by {provider}.",
        "Release {n} payouts, {amount}, to {members} by {provider}.",
        found.payout_count,
        amount=words.amount(found.total_minor, found.currency),
        members=words.count("one member", "{n} members", queries.count_members(desk.session, batch_id)),
        provider=desk.words.account(found.provider, providers(desk)),
    )
    figures = [
        (words.say("Prepared by"), found.prepared_by.partition(":")[2]),
        (words.say("Prepared"), words.instant(found.prepared_at)),
    ]
    return Confirmation(sentence, words.say("Release it"), f"/payouts/{batch_id}", figures, is_release=True)


@area.act("/payouts/{batch_id:int}/release", *RELEASERS, show=_show_release, confirm=_sure)
def let_go(desk: Desk, _form: Form, batch_id: int) -> Go:
    """Let a draft leave the house; refused to whoever prepared it, and above the limit of the roles."""
    done = release(
        desk.session, batch_id, actor=desk.actor, roles=[role.value for role in desk.roles], today=desk.today
    )
    places = {"amount": desk.words.amount(done.total_minor, done.currency)}
    return Go(f"/payouts/{batch_id}", N_("Released: {amount} is on its way."), places)


def _show_discard(desk: Desk, form: Form, batch_id: int) -> Response:
    return desk.page(
        "payouts/discard.html",
        crumbs=crumbs(
            desk, (desk.words.say("Batch {number}", number=batch_id), f"/payouts/{batch_id}"), (N_("Discard it"), "")
        ),
        form=form,
        found=queries.get_batch(desk.session, batch_id),
    )


@area.act("/payouts/{batch_id:int}/discard", *OFFICERS, show=_show_discard)
def give_up(desk: Desk, form: Form, batch_id: int) -> Go:
    """Give up a draft; what it would have paid stays owed."""
    reason = form.text("reason", required=True)
    form.check()
    discard(desk.session, batch_id, actor=desk.actor, reason=reason)
    return Go("/payouts", N_("Discarded; what it would have paid stays owed."))


@area.page("/payouts/{batch_id:int}/file", *RELEASERS)
def file(desk: Desk, batch_id: int) -> Response:
    """Give the bank's file as it was released."""
    return desk.file(f"payouts-{batch_id}.xml", read_bank_file(desk.session, batch_id), "application/xml")


def _show_carried(desk: Desk, form: Form, batch_id: int) -> Response:
    return desk.page(
        "payouts/carried.html",
        crumbs=crumbs(
            desk,
            (desk.words.say("Batch {number}", number=batch_id), f"/payouts/{batch_id}"),
            (N_("Carried to the bank"), ""),
        ),
        form=form,
        found=queries.get_batch(desk.session, batch_id),
    )


def _sure_carried(desk: Desk, form: Form, batch_id: int) -> Confirmation:
    found, words = queries.get_batch(desk.session, batch_id), desk.words
    form.text("reference", required=True, most=60)
    form.check()
    sentence = words.say(
        "The file over {amount} was given to the bank. It may never be given a second time.",
        amount=words.amount(found.total_minor, found.currency),
    )
    return Confirmation(sentence, words.say("It was given to the bank"), f"/payouts/{batch_id}")


@area.act("/payouts/{batch_id:int}/hand-over", *RELEASERS, show=_show_carried, confirm=_sure_carried)
def carried(desk: Desk, form: Form, batch_id: int) -> Go:
    """Write down that the file was given to the bank; a second time is refused."""
    reference = form.text("reference", required=True, most=60)
    form.check()
    found = queries.get_batch(desk.session, batch_id)
    hand_over(desk.session, batch_id, sha256=str(found.request_sha256), reference=reference, actor=desk.actor)
    return Go(f"/payouts/{batch_id}", N_("Written down: the bank has the file."))


def _show_report(desk: Desk, form: Form) -> Response:
    sent = earlier(desk, REPORT_FILES)
    return desk.page("payouts/report.html", crumbs=crumbs(desk, (N_("The bank's report"), "")), form=form, earlier=sent)


@area.act(
    "/payouts/report", *OFFICERS, show=_show_report, fields={"payout_report_unknown": "file", "file_unreadable": "file"}
)
def report(desk: Desk, form: Form) -> Go:
    """Load the bank's status report: what it rejects is owed again."""
    uploaded = form.file("file", check_size)
    form.check()
    assert uploaded is not None
    if waiting := later(desk, REPORT_FILES, uploaded, {}):
        return waiting
    told = apply_report(desk.session, uploaded.body, actor=desk.actor, today=desk.today)
    return Go(f"/payouts/{told.batch.id}", REPORTED, {"count": desk.words.number(told.applied.failed_count)})


def _came(desk: Desk, _found: Progress, result: Mapping[str, Any]) -> Came:
    text = desk.words.say(REPORTED, count=desk.words.number(result["rejected"]))
    return Came(text, "good", f"/payouts/{result['batch_id']}")


REPORT_FILES = LongPage(
    report_later.REPORT,
    "/payouts/reports/{report_file_id:int}",
    N_("The bank's report is being taken in."),
    {"read": (N_("the file is read"), ""), "book": (N_("what it rejects is booked back"), "")},
    _came,
    lambda desk, _found: crumbs(desk, (N_("The bank's report"), "/payouts/report")),
)
offer(area, REPORT_FILES, *OFFICERS)


@area.page("/payouts/one/{payout_id:int}", *OFFICERS, Role.CASHIER)
def payout(desk: Desk, payout_id: int) -> Response:
    """Show one payout."""
    found = queries.get_payout(desk.session, payout_id)
    name = names_of(desk.session, [found.member_id]).get(found.member_id, ("", ""))
    of = queries.get_batch(desk.session, found.batch_id)
    is_open = found.status == PayoutStatus.ORDERED and of.status != BatchStatus.DRAFT
    is_cash = means_of(of.provider) is Means.CASH
    at_counter = is_open and is_cash
    handed = queries.handed_out_by(desk.session, payout_id) if is_cash and not is_open else None
    return desk.page(
        "payouts/payout.html",
        crumbs=crumbs(
            desk,
            (desk.words.say("Batch {number}", number=found.batch_id), f"/payouts/{found.batch_id}"),
            (str(payout_id), ""),
        ),
        found=found,
        name=name,
        to=destination(desk, found),
        standing=standing_of(found.status, of.status),
        handed_out_by=None if handed is None else handed.partition(":")[2],
        may_code=at_counter and desk.may(OFFICERS),
        may_hand_out=at_counter and desk.may((Role.CASHIER, Role.MANAGER)),
        may_return=found.status == PayoutStatus.PAID and desk.may(RELEASERS),
    )


def _show_return(desk: Desk, form: Form, payout_id: int) -> Response:
    found = queries.get_payout(desk.session, payout_id)
    return desk.page(
        "payouts/return.html",
        crumbs=crumbs(desk, (str(payout_id), f"/payouts/one/{payout_id}"), (N_("It came back"), "")),
        form=form,
        found=found,
        name=names_of(desk.session, [found.member_id]).get(found.member_id, ("", ""))[1],
    )


def _sure_return(desk: Desk, form: Form, payout_id: int) -> Confirmation:
    found, words = queries.get_payout(desk.session, payout_id), desk.words
    form.text("reason", required=True)
    form.check()
    sentence = words.say(
        "{amount} came back: owe it to the member again.", amount=words.amount(found.amount_minor, found.currency)
    )
    return Confirmation(sentence, words.say("Owe it again"), f"/payouts/one/{payout_id}")


@area.act("/payouts/one/{payout_id:int}/return", *RELEASERS, show=_show_return, confirm=_sure_return)
def came_back(desk: Desk, form: Form, payout_id: int) -> Go:
    """Owe a paid payout's money to its member again."""
    reason = form.text("reason", required=True)
    form.check()
    found = queries.get_payout(desk.session, payout_id)
    return_payout(desk.session, end_to_end_id=found.end_to_end_id, reason=reason, actor=desk.actor, today=desk.today)
    return Go(f"/payouts/one/{payout_id}", N_("It is owed to the member again, and is paid anew under a new id."))
