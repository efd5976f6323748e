"""What the pages about reconciliation have in common."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from gateway.backoffice.frame.area import GREATEST, Area
from gateway.backoffice.frame.desk import Crumb, Desk
from gateway.backoffice.frame.texts import N_
from gateway.cash.queries import list_tills
from gateway.ledger.bank_accounts import list_bank_accounts
from gateway.staff.models import Role

MONEY = (Role.ACCOUNTANT, Role.MANAGER)
READERS = (Role.ACCOUNTANT, Role.MANAGER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER)

area = Area("reconciliation", N_("Reconciliation"), "/reconciliation", 60, READERS)

SAID = (
    N_("The state's bill is not the sum of the lines it accepted."),
    N_("The state accepted a line with another amount than ours."),
    N_("An answer of the state does not add up; not used."),
    N_("The state told what cannot be booked; a person decides."),
    N_("The state answered the filing but not this line."),
    N_("A bank statement could not be used."),
    N_("The bank announced a booking that its statement does not have."),
    N_("The bank took money that nobody ordered."),
    N_("A released payment is not on the bank's statement yet."),
    N_("The bank paid; the state has not said so yet."),
    N_("Benefits were advised; the money is not here yet."),
    N_("An advice of benefits does not add up; not used."),
    N_("The money is not what the advice says."),
    N_("A benefit whose member nobody found yet."),
    N_("Money of benefits is here and with no member yet."),
    N_("Benefits are owed to a member and cannot be paid."),
    N_("The state says otherwise by now of an advice."),
    N_("The state pays another amount than the rule gives."),
    N_("A refund is less or more than was expected."),
    N_("A refund has not come on its day."),
    N_("The state refused what the mutual has paid ahead."),
    N_("The state pays a claim that it refused."),
    N_("The provider said two things of one payout."),
    N_("A payment was told among ours that nobody ordered."),
    N_("Money came that names a payout of ours."),
    N_("A provider told something that could not be used."),
    N_("Nobody knows for days what became of payouts."),
    N_("Money received whose member nobody found yet."),
    N_("The bank contradicts itself in a line; the entry counts."),
    N_("Money between two places of ours has not arrived yet."),
    N_("A payment of ours: its end-to-end id and its amount"),
    N_(
        "A payment to the state that came back: its end-to-end id and its amount; its booking may stand on the same statement"
    ),
    N_("A payout of ours: its end-to-end id and its amount, from the account it was ordered from"),
    N_(
        "A payout that came home: the end-to-end id we gave it and its amount; its booking may stand on the same statement"
    ),
    N_(
        "A payout whose provider said before that it was paid, on the statement of the provider's account: it is in the books already"
    ),
    N_(
        "A payout that is known to have come back, on the statement of the account it came back to: it is in the books already"
    ),
    N_("Benefits from the state: the end-to-end id that its advice names"),
    N_("A transfer between our own places: its reference"),
    N_("The reference of an employer the mutual files for, with right check digits"),
    N_("A member's own payment reference with right check digits"),
    N_("One payment by telephone, brought to the bank by itself: the provider's transaction id and its amount"),
    N_("A provider's settlement report less its fees, to the unit; no one else's amount"),
    N_("Cash on its way to the bank: what closed sessions set aside, to the unit; no one else's amount"),
    N_("The receipts of one closed cash session that nobody said was brought to the bank, to the unit"),
    N_("A member's identity number in the text, and exactly what one of that member's open months costs or lacks"),
    N_("A member's telephone in the text, and exactly what one of that member's open months costs or lacks"),
    N_("A member's number in the text, and a sum of that member's open months in one way alone"),
    N_("Several closed sessions of one till that nobody said were brought to the bank, in one way alone"),
    N_("A member's number stands in the text; the amount is another than that member owes"),
    N_("A member of the payer's name owes exactly this; a name is only a hint"),
    N_("A payment that the bank took back: marked as a reversal, the same reference, the same amount the other way"),
    N_(
        "An employer's payment that the bank took back: marked as a reversal, the same reference, the same amount the other way"
    ),
    N_("Give what the state did not take back to the member"),
    N_("Take what the state took more from the member's credit"),
    N_("Let the reserve carry what the state took more"),
    N_("The state charges for a payment after the due day: book it as what lateness cost the house"),
    N_("Book the difference as an expense or income of the house"),
    N_("It is a charge of the bank"),
    N_("It left our account: keep it apart until the provider gives it back"),
    N_("The entry is right as it was booked"),
    N_("The bank never booked it: take back what it was booked as"),
)
"""What differences, rules and explanations mean, as the reconciliation itself says it."""
STATUSES = {
    "open": (N_("waits for somebody"), "wait"),
    "proposed": (N_("waits for a second person"), "wait"),
    "approved": (N_("approved"), "good"),
    "posted": (N_("explained and booked"), "good"),
    "rejected": (N_("the proposal was declined"), "bad"),
    "vanished": (N_("gone by itself"), "plain"),
}
AGES = {
    "0-2": N_("0 to 2 days"),
    "3-7": N_("3 to 7 days"),
    "8-30": N_("8 to 30 days"),
    "31-60": N_("31 to 60 days"),
    ">60": N_("over 60 days"),
}
STATEMENTS = {
    "loaded": (N_("loaded"), "good"),
    "announced": (N_("announced; the statement decides"), "wait"),
    "quarantined": (N_("put aside"), "bad"),
}
LINES = {
    "open": (N_("not looked at"), "wait"),
    "matched": (N_("known"), "good"),
    "suspense": (N_("nobody knows whose it is"), "bad"),
}
SIDES = {
    "bank": N_("At banks"),
    "cash": N_("In cash"),
    "mobile_money": N_("Mobile money"),
    "in_transit": N_("On its way"),
    "suspense": N_("Nobody knows whose it is"),
    "owed": N_("Owed to members and others"),
    "lent": N_("Lent"),
    "expense": N_("Spent"),
}
ACCOUNTS = {
    "member:contributions": N_("Members' contributions, not used yet"),
    "member:benefits": N_("Benefits owed to members"),
    "member:owed": N_("Owed by members"),
    "employer:contributions": N_("Employers' money, not used yet"),
    "employer:difference": N_("Differences of employers"),
    "fund": N_("Money of the funds"),
    "fund:loans": N_("Loans of the funds"),
    "filing:reserved": N_("Reserved for filings"),
    "state:payable": N_("To be paid to the state"),
    "state:undistributed": N_("From the state, to be given to members"),
    "state:credit": N_("Credit with the state"),
    "state:advances": N_("Paid ahead of the state"),
    "state:receivable": N_("Expected from the state"),
    "payout": N_("Payouts on their way"),
    "bank:in-transit": N_("From a bank, on its way"),
    "cash:in-transit": N_("Cash on its way"),
    "suspense:bank": N_("Credits at the bank that name nobody"),
    "suspense:benefits": N_("Benefits that name nobody"),
    "suspense:state": N_("Money of the state, not explained"),
    "unclaimed": N_("Never claimed"),
    "reserve:float": N_("Float for change"),
    "reserve:solidarity": N_("Solidarity reserve"),
    "income:fees": N_("The mutual's fees"),
    "income:surpluses": N_("Surpluses of tills"),
    "income:state-differences": N_("Differences with the state, gained"),
    "expense:state-differences": N_("Differences with the state, lost"),
    "expense:bank-charges": N_("Charges of banks"),
    "expense:provider-fees": N_("Fees of payers"),
    "expense:shortages": N_("Shortages of tills"),
    "expense:late-surcharges": N_("Surcharges for lateness"),
    "expense:benefit-losses": N_("Advances that the state did not pay back"),
}
"""What the books' control accounts are called; banks, payers and tills have names of their own."""
FACTS = {
    "accepted": N_("Accepted lines"),
    "account": N_("Account"),
    "additional_dependants": N_("Additional dependants"),
    "advised_on": N_("Advised on"),
    "bank_reference": N_("Bank's number"),
    "batch_id": N_("Payout batch"),
    "benefit": N_("Benefit"),
    "booked_on": N_("Booked on"),
    "channel": N_("How"),
    "claim": N_("The state's claim"),
    "claim_id": N_("Our claim"),
    "claimed": N_("Claimed"),
    "code": N_("Code"),
    "components": N_("Components"),
    "counterparty": N_("Payer"),
    "end_to_end_id": N_("Our id"),
    "event": N_("Event"),
    "expected_on": N_("Expected on"),
    "filing_id": N_("Filing"),
    "flags": N_("Marks"),
    "from": N_("From"),
    "funded_on": N_("Money came on"),
    "instalment": N_("Instalment"),
    "line_count": N_("Lines"),
    "line_no": N_("Line"),
    "lines": N_("Lines"),
    "matched_id": N_("Its number"),
    "matched_kind": N_("Known as"),
    "member_id": N_("Member"),
    "name": N_("Name"),
    "notice": N_("Payment notice"),
    "notice_reference": N_("Payment notice"),
    "number": N_("Number"),
    "ordered_on": N_("Ordered on"),
    "paid_on": N_("Day"),
    "payer": N_("Payer"),
    "payout_id": N_("Payout"),
    "problem": N_("What is wrong"),
    "reason": N_("Reason"),
    "receipt": N_("Receipt"),
    "reference": N_("Reference"),
    "refused_on": N_("Refused on"),
    "rejected": N_("Rejected lines"),
    "released_at": N_("Released"),
    "remittance": N_("Remittance"),
    "rule": N_("Rule"),
    "says": N_("What is said"),
    "source": N_("From whom"),
    "statement_line_id": N_("Line of the statement"),
    "status": N_("Status"),
    "text": N_("Text"),
    "through": N_("By"),
    "to": N_("To"),
    "told_on": N_("Told on"),
    "total": N_("Total"),
    "transfer_reference": N_("Transfer"),
    "value_on": N_("Value on"),
    "amount": N_("Amount"),
    "advanced_minor": N_("Paid ahead"),
    "amount_minor": N_("Amount"),
    "changed_lines_minor": N_("Changed by"),
    "closing_minor": N_("Closing balance"),
    "expected_minor": N_("Expected"),
    "funded_minor": N_("Money that came"),
    "opening_minor": N_("Opening balance"),
    "paid_minor": N_("Paid"),
    "received_minor": N_("Received"),
    "total_minor": N_("Total"),
    "wage_minor": N_("Wage"),
}
"""What the facts beside a difference are called; others are shown under their own name."""


AGREED = {
    "account": N_("account"),
    "amount": N_("amount"),
    "amount = a sum of her open months, the only one": N_("amount = a sum of the member's open months, the only one"),
    "amount = a sum of one till's closed sessions, the only one": N_(
        "amount = a sum of one till's closed sessions, the only one"
    ),
    "amount = an open due": N_("amount = an open due"),
    "check digits": N_("check digits"),
    "days": N_("days"),
    "days since": N_("days since"),
    "direction": N_("direction"),
    "end_to_end_id": N_("our number of the payment"),
    "identity number": N_("identity number"),
    "identity number or telephone": N_("identity number or telephone"),
    "identity number, telephone or member number": N_("identity number, telephone or member number"),
    "name": N_("name"),
    "nobody owes it": N_("nobody owes it"),
    "our id or the provider's": N_("our number or the provider's"),
    "provider or word for a settlement in the text": N_("provider or word for a settlement in the text"),
    "provider's transaction id": N_("provider's transaction id"),
    "reference": N_("reference"),
    "reversal mark": N_("reversal mark"),
    "telephone": N_("telephone"),
    "word for cash in the text": N_("word for cash in the text"),
}
"""What agreed between a line and what it was matched to."""


def agreed_in_words(desk: Desk, fields: Iterable[str]) -> str:
    """Return what agreed, as people read it."""
    said = []
    for one in fields:
        count = one.removeprefix("amount = the sum of ")
        known = desk.words.say(AGREED[one]) if one in AGREED else one
        said.append(desk.words.say("amount = the sum of {n}", n=count) if count != one else known)
    return ", ".join(said)


def account_in_words(desk: Desk, code: str) -> str:
    """Return what an account is called; of one person's or batch's own account its kind, and else the account itself."""
    first, _, rest = code.partition(":")
    kind = f"{first}:{rest.rpartition(':')[2]}" if rest.count(":") else code
    said = ACCOUNTS.get(code) or ACCOUNTS.get(kind) or (ACCOUNTS.get(first) if first in {"fund", "payout"} else None)
    return desk.words.say(said) if said else desk.words.account(code, _names(desk))


def _names(desk: Desk) -> dict[str, str]:
    """Return what each till and each account at a bank is called, asked once for a page."""
    if "account_names" not in desk.kept:
        tills = {one.code: one.name for one in list_tills(desk.session, after="", limit=200)}
        desk.kept["account_names"] = tills | {one.ledger_code: one.name for one in list_bank_accounts(desk.session)}
    found: dict[str, str] = desk.kept["account_names"]
    return found


def crumbs(desk: Desk, *steps: tuple[str, str]) -> list[Crumb]:
    """Return the way back from a page about reconciliation."""
    return [
        Crumb(desk.words.say("Reconciliation"), "/reconciliation"),
        *(Crumb(desk.words.say(text), path) for text, path in steps),
    ]


def before(key: tuple[Any, ...] | None) -> int:
    """Return before which identifier a list that begins with the newest goes on."""
    return GREATEST if key is None else int(key[0])


VALUES = {
    "maternity": N_("Maternity"),
    "breastfeeding": N_("Breastfeeding"),
    "common_illness": N_("Common illness"),
    "unknown_identity": N_("nobody has this identity number"),
    "unknown_document_kind": N_("a kind of number that is not known here"),
    "deceased": N_("has died"),
    "no_destination": N_("nobody knows where to pay"),
    "cash": N_("Cash"),
    "bank": N_("Bank"),
    "collector": N_("Collector"),
    "mobile_money": N_("Mobile money"),
}
"""Codes that stand as a fact, in words; others stand as they came."""


def facts(desk: Desk, told: Any, currency: str) -> list[tuple[str, str]]:
    """Return the facts of one side of a difference, by name, as people read them."""
    shown = []
    for name, value in dict(told).items():
        if value is not None and value != "":
            text = ", ".join(map(str, value)) if isinstance(value, list) else _fact(desk, name, value, currency)
            shown.append((desk.words.say(FACTS[name]) if name in FACTS else name, text))
    return shown


def _fact(desk: Desk, name: str, value: Any, currency: str) -> str:
    words = desk.words
    if name.endswith("_minor") and isinstance(value, int):
        return words.amount(value, currency)
    if name.endswith("_on") and isinstance(value, str):
        return words.iso_day(value)
    if name.endswith("_at") and isinstance(value, str):
        return words.instant(dt.datetime.fromisoformat(value))
    return words.say(VALUES[value]) if value in VALUES else str(value)
