"""Paying the state's bill: ordered by one, released by another, carried to the bank."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.filings.place import PAYS, RELEASES, account_name, area, crumbs
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import N_
from gateway.filing import pay, queries
from gateway.kit.period import Period
from gateway.ledger.bank_accounts import list_bank_accounts
from gateway.ledger.queries import current_balance


def _crumbs(desk: Desk, bill: Any, text: str) -> Any:
    return crumbs(desk, (N_("Bills"), "/bills"), (bill.notice_reference, f"/bills/{bill.id}"), (text, ""))


def _show_order(desk: Desk, form: Form, bill_id: int) -> Response:
    bill = queries.get_bill(desk.session, bill_id)
    accounts = [one for one in list_bank_accounts(desk.session) if one.kind == "bank" and one.currency == bill.currency]
    if not form.is_typed and len(accounts) == 1:
        form.lists["account"] = [accounts[0].ledger_code]
    balances = [
        (
            one.ledger_code,
            f"{one.name} · {desk.words.amount(current_balance(desk.session, one.ledger_code), one.currency)}",
        )
        for one in accounts
    ]
    return desk.page(
        "filings/order.html",
        crumbs=_crumbs(desk, bill, N_("Order the payment")),
        form=form,
        bill=bill,
        left_minor=pay.left_to_pay(desk.session, bill),
        accounts=balances,
    )


def _sure_order(desk: Desk, form: Form, bill_id: int) -> Confirmation:
    bill, words = queries.get_bill(desk.session, bill_id), desk.words
    account = form.text("account", required=True, most=80)
    form.check()
    sentence = words.say(
        "Order {amount} to the state for {month}, from {account}.",
        amount=words.amount(pay.left_to_pay(desk.session, bill), bill.currency),
        month=words.month(Period.of(bill.period_start)),
        account=account,
    )
    figures = [(words.say("Notice"), bill.notice_reference), (words.say("Due"), words.day(bill.due_on))]
    warnings = []
    if bill.total_minor != bill.ours_minor:
        difference = words.amount(abs(bill.total_minor - bill.ours_minor), bill.currency)
        warnings.append(words.say("Their bill and ours differ by {amount}.", amount=difference))
    if desk.today > bill.due_on:
        warnings.append(words.say("It is overdue; the state may charge more for it."))
    return Confirmation(sentence, words.say("Order the payment"), f"/bills/{bill_id}", figures, warnings)


@area.act(
    "/bills/{bill_id:int}/payment",
    *PAYS,
    show=_show_order,
    confirm=_sure_order,
    fields={"unknown_bank_account": "account", "account_of_another": "account", "employer_short": "account"},
)
def order(desk: Desk, form: Form, bill_id: int) -> Go:
    """Order exactly what the bill asks for; another person releases it."""
    account = form.text("account", required=True, most=80)
    form.check()
    pay.order_payment(desk.session, bill_id, account_code=account, actor=desk.actor, today=desk.today)
    return Go(f"/bills/{bill_id}", N_("Ordered. Another person releases it."), {}, "wait")


def _bill_of(desk: Desk, payment_id: int) -> tuple[Any, Any]:
    payment = queries.get_payment(desk.session, payment_id)
    return payment, queries.get_bill(desk.session, payment.bill_id)


def _show_release(desk: Desk, form: Form, payment_id: int) -> Response:
    payment, bill = _bill_of(desk, payment_id)
    return desk.page(
        "filings/release.html",
        crumbs=_crumbs(desk, bill, N_("Release the payment")),
        form=form,
        bill=bill,
        payment=payment,
        account=account_name(desk, payment.account_code),
        ordered_by=payment.ordered_by.partition(":")[2],
    )


def _sure_release(desk: Desk, _form: Form, payment_id: int) -> Confirmation:
    payment, bill = _bill_of(desk, payment_id)
    words = desk.words
    sentence = words.say(
        "Release {amount} to the state for {month}, notice {notice}.",
        amount=words.amount(payment.amount_minor, payment.currency),
        month=words.month(Period.of(bill.period_start)),
        notice=bill.notice_reference,
    )
    figures = [
        (words.say("From account"), account_name(desk, payment.account_code)),
        (words.say("Ordered by"), payment.ordered_by.partition(":")[2]),
        (words.say("Due"), words.day(bill.due_on)),
    ]
    return Confirmation(sentence, words.say("Release it"), f"/bills/{bill.id}", figures, is_release=True)


@area.act("/payment-orders/{payment_id:int}/release", *RELEASES, show=_show_release, confirm=_sure_release)
def release(desk: Desk, _form: Form, payment_id: int) -> Go:
    """Let an ordered payment be carried to the bank; whoever ordered it may not."""
    done = pay.release_payment(desk.session, payment_id, actor=desk.actor)
    return Go(f"/bills/{done.bill_id}", N_("Released. Carry the file to the bank."))


def _show_withdrawal(desk: Desk, form: Form, payment_id: int) -> Response:
    payment, bill = _bill_of(desk, payment_id)
    return desk.page(
        "filings/withdraw.html",
        crumbs=_crumbs(desk, bill, N_("Take the order back")),
        form=form,
        bill=bill,
        payment=payment,
    )


@area.act("/payment-orders/{payment_id:int}/withdrawal", *RELEASES, show=_show_withdrawal)
def withdraw(desk: Desk, form: Form, payment_id: int) -> Go:
    """Take back an order that was not released, or that the bank has refused."""
    reason = form.text("reason", required=True)
    form.check()
    done = pay.withdraw_payment(desk.session, payment_id, actor=desk.actor, reason=reason)
    return Go(f"/bills/{done.bill_id}", N_("The order is taken back."))


@area.page("/payment-orders/{payment_id:int}/file", *RELEASES)
def file(desk: Desk, payment_id: int) -> Response:
    """Give the bank's file of a released payment."""
    return desk.file(f"payment-{payment_id}.xml", pay.read_order_file(desk.session, payment_id), "application/xml")
