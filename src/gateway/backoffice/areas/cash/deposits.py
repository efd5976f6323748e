"""From the drawer to the bank: closed sessions' money, one slip, one reference."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.cash.place import (
    MONEY,
    OFFICE,
    account_names,
    area,
    crumbs,
    person,
    rows_before,
    said_account,
)
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column
from gateway.backoffice.frame.texts import N_
from gateway.cash import queries
from gateway.ledger.bank_accounts import list_bank_accounts
from gateway.reconciliation.queries import list_transfers
from gateway.treasury.deposit import deposit, give_up_deposit

TRANSFERS = {
    "ordered": (N_("on its way"), "wait"),
    "booked": (N_("on the bank's statement"), "good"),
    "withdrawn": (N_("given up"), "plain"),
}


def _show(desk: Desk, form: Form) -> Any:
    words, names = desk.words, account_names(desk)

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return list_transfers(desk.session, status=None, before=rows_before(key), limit=limit)

    rows = desk.listing(
        [
            Column(N_("Reference on the slip"), lambda row: row.reference, "code"),
            Column(N_("From account"), lambda row: said_account(desk, names, row.from_code)),
            Column(N_("To account"), lambda row: said_account(desk, names, row.to_code)),
            Column(N_("Amount"), lambda row: row.amount_minor, "amount"),
            Column(N_("Brought on"), lambda row: row.ordered_on, "day"),
            Column(N_("By"), lambda row: person(row.ordered_by)),
            Column(N_("Status"), lambda row: _status(words, row)[0], "status", tone=lambda row: _status(words, row)[1]),
        ],
        fetch,
        key=lambda row: (row.id,),
        empty=N_("Nothing was brought to the bank yet."),
    )
    if isinstance(rows, Response):
        return rows
    banks = [one for one in list_bank_accounts(desk.session) if one.ledger_code.startswith("bank:")]
    if not form.is_typed and len(banks) == 1:
        form.lists["bank"] = [banks[0].ledger_code]
    return desk.page(
        "cash/deposits.html",
        crumbs=crumbs(desk, (N_("To the bank"), "")),
        form=form,
        waiting=[(one, person(one.holder)) for one in queries.list_undeposited(desk.session)],
        banks=[(one.ledger_code, one.name) for one in banks],
        rows=rows,
        names=names,
        may=desk.may(OFFICE),
        may_withdraw=desk.may(MONEY),
    )


def _status(words: Any, row: Any) -> tuple[str, str]:
    said, tone = TRANSFERS.get(row.status, (row.status, "plain"))
    return words.say(said), tone


def _chosen(desk: Desk, form: Form) -> list[Any]:
    picked = set(form.many("session"))
    chosen = [one for one in queries.list_undeposited(desk.session) if str(one.session_id) in picked]
    if not chosen or len(chosen) != len(picked):
        form.fault("session", N_("Choose the sessions whose money you bring."))
    elif len({one.till for one in chosen}) > 1:
        form.fault("session", N_("Sessions of different tills are brought one after the other."))
    return chosen


def _sum(desk: Desk, form: Form) -> Confirmation | None:
    chosen = _chosen(desk, form)
    form.text("bank", required=True, most=60)
    form.check()
    words, total = desk.words, sum(one.amount_minor for one in chosen)
    sentence = words.count(
        "Bring {amount} of one session to the bank.",
        "Bring {amount} of {n} sessions to the bank.",
        len(chosen),
        amount=words.amount(total, chosen[0].currency),
    )
    return Confirmation(sentence, words.say("It goes to the bank"), "/cash/deposits")


@area.act(
    "/cash/deposits",
    *OFFICE,
    show=_show,
    confirm=_sum,
    fields={"deposit_invalid": "session", "transfer_repeated": "reference"},
)
def bring(desk: Desk, form: Form) -> Go:
    """Set closed sessions' money on its way to the bank under the reference on the slip."""
    chosen = _chosen(desk, form)
    bank = form.text("bank", required=True, most=60)
    reference = form.text("reference", most=35)
    form.check()
    made = deposit(
        desk.session,
        session_ids=[one.session_id for one in chosen],
        bank_code=bank,
        reference=reference or None,
        ordered_on=desk.today,
        actor=desk.actor,
        today=desk.today,
    )
    return Go(
        "/cash/deposits",
        N_("Write {reference} on the slip: the bank's line is known by it."),
        {"reference": made.reference},
    )


def _show_withdrawal(desk: Desk, form: Form, reference: str) -> Response:
    return desk.page(
        "cash/withdrawal.html",
        crumbs=crumbs(desk, (N_("To the bank"), "/cash/deposits"), (reference, "")),
        form=form,
        reference=reference,
    )


@area.act("/cash/deposits/{reference}/withdrawal", *MONEY, show=_show_withdrawal)
def withdraw(desk: Desk, form: Form, reference: str) -> Go:
    """Take back a deposit that was never made; its sessions wait for another."""
    reason = form.text("reason", required=True)
    form.check()
    give_up_deposit(desk.session, reference, reason=reason, actor=desk.actor, today=desk.today)
    return Go("/cash/deposits", N_("Given up; the money is in the drawer again."))
