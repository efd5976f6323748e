"""What the pages about payouts have in common."""

from typing import Any

from gateway.backoffice.frame.area import GREATEST, Area
from gateway.backoffice.frame.desk import Crumb, Desk
from gateway.backoffice.frame.texts import N_
from gateway.cash import queries as cash
from gateway.cash.states import TillKind
from gateway.ledger.bank_accounts import list_bank_accounts
from gateway.membership.rules import mask
from gateway.payouts.states import BatchStatus, PayoutStatus
from gateway.staff.models import Role

OFFICERS = (Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER)
RELEASERS = (Role.ACCOUNTANT, Role.MANAGER)
TILL = (Role.CASHIER, Role.MANAGER)
SEE_ACCOUNTS = (Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR)

AT_COUNTER = "counter"
"""Where a payout goes that its member picks up."""

area = Area("payouts", N_("Payouts"), "/payouts", 50, (*OFFICERS, Role.CASHIER))

BATCHES = {
    BatchStatus.DRAFT: (N_("waits for release"), "wait"),
    BatchStatus.DISCARDED: (N_("discarded"), "plain"),
    BatchStatus.RELEASED: (N_("released"), "wait"),
    BatchStatus.SENDING: (N_("being sent"), "wait"),
    BatchStatus.UNKNOWN: (N_("not known whether it arrived; we ask"), "bad"),
    BatchStatus.SUBMITTED: (N_("with the payer"), "wait"),
    BatchStatus.FINISHED: (N_("every payout has its outcome"), "good"),
    BatchStatus.REFUSED: (N_("refused by the payer"), "bad"),
}
PAYOUTS = {
    PayoutStatus.ORDERED: (N_("on its way"), "wait"),
    PayoutStatus.CANCELLED: (N_("cancelled"), "plain"),
    PayoutStatus.PAID: (N_("paid"), "good"),
    PayoutStatus.FAILED: (N_("failed; owed again"), "bad"),
    PayoutStatus.RETURNED: (N_("came back; owed again"), "bad"),
}


IN_DRAFT = (N_("waits for release"), "wait")
"""What a payout is called while its batch has not left the house."""


def standing_of(status: str, batch_status: str) -> tuple[str, str]:
    """Return what a payout is called and how it is shown: nothing of a draft is on its way."""
    is_waiting = status == PayoutStatus.ORDERED and batch_status == BatchStatus.DRAFT
    return IN_DRAFT if is_waiting else PAYOUTS[PayoutStatus(status)]


def providers(desk: Desk) -> dict[str, str]:
    """Return by whom payouts can be made: code of the account or till -> its name."""
    accounts = {one.ledger_code: one.name for one in list_bank_accounts(desk.session)}
    tills = [one for one in cash.list_tills(desk.session, after="", limit=200) if one.kind == TillKind.COUNTER]
    return accounts | {one.code: desk.words.say("Cash: {till}", till=one.name) for one in tills}


def crumbs(desk: Desk, *steps: tuple[str, str]) -> list[Crumb]:
    """Return the way back from a page about payouts."""
    return [Crumb(desk.words.say("Payouts"), "/payouts"), *(Crumb(desk.words.say(text), path) for text, path in steps)]


def destination(desk: Desk, row: Any) -> str:
    """Return where a payout goes; whole for those who need it."""
    if row.destination == AT_COUNTER:
        return desk.words.say("At the counter")
    return str(row.destination) if desk.may(SEE_ACCOUNTS) else mask(row.destination)


def before(key: tuple[Any, ...] | None) -> int:
    """Return before which identifier a list that begins with the newest goes on."""
    return GREATEST if key is None else int(key[0])
