"""Payment orders in ISO 20022: pain.001.001.03 and .09, one debtor account and one currency to an order.

Everything that must be unique comes from the caller and is refused rather than changed; names and texts are brought
into the characters every bank takes. The number and sum of payments stand at both levels. The same arguments always
give the same octets.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from gateway.bank.errors import PaymentOrderError
from gateway.bank.text import is_bank_identifier, is_iban, is_identifier, restrict
from gateway.kit.money import currency_of, format_amount

VERSIONS = ("pain.001.001.03", "pain.001.001.09")
_LONGEST_NAME = 70
_LONGEST_TEXT = 140
_LONGEST_ACCOUNT = 34
_CHARGES = ("DEBT", "SHAR", "SLEV", "CRED")


@dataclass(frozen=True, slots=True)
class Party:
    """Who pays or is paid, and from or to which account."""

    name: str
    account: str
    """IBAN, or any other number of at most 34 characters."""
    bank_identifier: str = ""
    """BIC; empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One credit transfer."""

    end_to_end_id: str
    """At most 35 characters, never reused; comes back on the statement."""
    amount_minor: int
    creditor: Party
    text: str = ""
    """For the creditor, at most 140 characters."""
    reference: str = ""
    """Structured creditor reference instead of a text, at most 35 characters."""


def payment_order(
    *,
    message_id: str,
    payment_information_id: str,
    created_at: dt.datetime,
    execute_on: dt.date,
    debtor: Party,
    currency: str,
    payments: Sequence[Payment],
    version: str = "pain.001.001.09",
    charges: str = "DEBT",
) -> bytes:
    """Return a payment order as the bank reads it.

    Args:
        message_id: Unique for ever, at most 35 characters.
        payment_information_id: Likewise.
        created_at: With its offset.
        execute_on: The day the bank is to book it.
        debtor: Ourselves, and the account that pays.
        currency: Of every payment.
        payments: At least one.
        version: One of ``VERSIONS``.
        charges: Who bears the bank's charges; ``DEBT`` lets the whole amount arrive.

    Raises:
        PaymentOrderError: An id that a bank would change, a payment without amount, a text that would be cut, …
    """
    _check(message_id, payment_information_id, created_at, payments, version, charges)
    writer = _Writer(version, currency)
    return writer.document(
        message_id, payment_information_id, created_at, execute_on, debtor, payments, charges=charges
    )


def _check(
    message_id: str,
    payment_information_id: str,
    created_at: dt.datetime,
    payments: Sequence[Payment],
    version: str,
    charges: str,
) -> None:
    if version not in VERSIONS:
        raise PaymentOrderError(f"version {version!r}; expected one of {', '.join(VERSIONS)}")
    if charges not in _CHARGES:
        raise PaymentOrderError(f"charges {charges!r}; expected one of {', '.join(_CHARGES)}")
    if created_at.tzinfo is None:
        raise PaymentOrderError("the time of the order has no offset")
    if not payments:
        raise PaymentOrderError("an order without payments")
    seen: set[str] = set()
    for payment in payments:
        if payment.end_to_end_id in seen:
            raise PaymentOrderError(f"the end-to-end id {payment.end_to_end_id} stands twice in the order")
        seen.add(payment.end_to_end_id)
        _check_payment(payment)
    for identifier in (message_id, payment_information_id, *seen):
        if not is_identifier(identifier):
            raise PaymentOrderError(
                f"the id {identifier!r} would be changed on its way; expected 1 to 35 plain letters, digits or / - ? : ( ) . , ' +"
            )


def _check_payment(payment: Payment) -> None:
    if payment.amount_minor <= 0:
        raise PaymentOrderError(
            f"payment {payment.end_to_end_id} is of {payment.amount_minor} minor units; expected more than 0"
        )
    if payment.text and payment.reference:
        raise PaymentOrderError(f"payment {payment.end_to_end_id} has a text and a reference; banks carry one of them")
    if len(restrict(payment.text)) > _LONGEST_TEXT:
        raise PaymentOrderError(f"the text of payment {payment.end_to_end_id} has more than {_LONGEST_TEXT} characters")
    if payment.reference and not is_identifier(payment.reference):
        raise PaymentOrderError(
            f"the reference {payment.reference!r} would be changed on its way; expected 1 to 35 plain characters"
        )


class _Writer:
    """Writes one version in one currency."""

    def __init__(self, version: str, currency: str) -> None:
        self._space = f"urn:iso:std:iso:20022:tech:xsd:{version}"
        self._is_old = version.endswith(".03")
        self._currency = currency_of(currency)

    def document(
        self,
        message_id: str,
        payment_information_id: str,
        created_at: dt.datetime,
        execute_on: dt.date,
        debtor: Party,
        payments: Sequence[Payment],
        *,
        charges: str,
    ) -> bytes:
        names: Any = {None: self._space}
        document = etree.Element(etree.QName(self._space, "Document"), nsmap=names)
        message = self._add(document, "CstmrCdtTrfInitn")
        header = self._add(message, "GrpHdr")
        self._add(header, "MsgId", message_id)
        self._add(header, "CreDtTm", created_at.isoformat(timespec="seconds"))
        self._totals(header, payments)
        self._add(self._add(header, "InitgPty"), "Nm", _name(debtor))
        block = self._add(message, "PmtInf")
        self._add(block, "PmtInfId", payment_information_id)
        self._add(block, "PmtMtd", "TRF")
        self._add(block, "BtchBookg", "false")
        self._totals(block, payments)
        self._execution(block, execute_on)
        self._add(self._add(block, "Dbtr"), "Nm", _name(debtor))
        self._account(block, "DbtrAcct", debtor, with_currency=True)
        self._agent(block, "DbtrAgt", debtor, must_be=True)
        self._add(block, "ChrgBr", charges)
        for payment in payments:
            self._payment(block, payment)
        return etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)

    def _add(self, parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
        element = etree.SubElement(parent, etree.QName(self._space, name))
        element.text = text
        return element

    def _totals(self, parent: etree._Element, payments: Sequence[Payment]) -> None:
        self._add(parent, "NbOfTxs", str(len(payments)))
        self._add(parent, "CtrlSum", self._amount(sum(payment.amount_minor for payment in payments)))

    def _amount(self, minor: int) -> str:
        return format_amount(minor, self._currency)

    def _execution(self, block: etree._Element, day: dt.date) -> None:
        requested = self._add(block, "ReqdExctnDt")
        if self._is_old:
            requested.text = day.isoformat()
        else:
            self._add(requested, "Dt", day.isoformat())

    def _account(self, parent: etree._Element, name: str, party: Party, *, with_currency: bool = False) -> None:
        number = party.account.replace(" ", "")
        account = self._add(parent, name)
        identifier = self._add(account, "Id")
        if is_iban(number):
            self._add(identifier, "IBAN", number)
        elif 1 <= len(number) <= _LONGEST_ACCOUNT and restrict(number) == number:
            self._add(self._add(identifier, "Othr"), "Id", number)
        else:
            raise PaymentOrderError(f"the account {number!r}: expected 1 to {_LONGEST_ACCOUNT} plain characters")
        if with_currency:
            self._add(account, "Ccy", self._currency.code)

    def _agent(self, parent: etree._Element, name: str, party: Party, *, must_be: bool = False) -> None:
        if not party.bank_identifier and not must_be:
            return
        institution = self._add(self._add(parent, name), "FinInstnId")
        if party.bank_identifier and not is_bank_identifier(party.bank_identifier):
            raise PaymentOrderError(
                f"the bank identifier {party.bank_identifier!r} of the account {party.account}: expected a BIC of 8 or 11 characters"
            )
        if party.bank_identifier:
            self._add(institution, "BIC" if self._is_old else "BICFI", party.bank_identifier)
        else:
            self._add(self._add(institution, "Othr"), "Id", "NOTPROVIDED")

    def _payment(self, block: etree._Element, payment: Payment) -> None:
        transfer = self._add(block, "CdtTrfTxInf")
        identifiers = self._add(transfer, "PmtId")
        self._add(identifiers, "InstrId", payment.end_to_end_id)
        self._add(identifiers, "EndToEndId", payment.end_to_end_id)
        amount = self._add(self._add(transfer, "Amt"), "InstdAmt", self._amount(payment.amount_minor))
        amount.set("Ccy", self._currency.code)
        self._agent(transfer, "CdtrAgt", payment.creditor)
        self._add(self._add(transfer, "Cdtr"), "Nm", _name(payment.creditor))
        self._account(transfer, "CdtrAcct", payment.creditor)
        self._remittance(transfer, payment)

    def _remittance(self, transfer: etree._Element, payment: Payment) -> None:
        # Of spaces and accents alone nothing is left, and an empty text makes the bank refuse the whole file.
        text = restrict(payment.text)
        if text:
            self._add(self._add(transfer, "RmtInf"), "Ustrd", text)
        elif payment.reference:
            information = self._add(self._add(self._add(transfer, "RmtInf"), "Strd"), "CdtrRefInf")
            self._add(self._add(self._add(information, "Tp"), "CdOrPrtry"), "Cd", "SCOR")
            self._add(information, "Ref", payment.reference)


def _name(party: Party) -> str:
    name = restrict(party.name)[:_LONGEST_NAME].strip()
    if not any(letter.isalnum() for letter in name):
        raise PaymentOrderError(
            f"nobody is named for the account {party.account}; write the name in the letters that banks take"
        )
    return name
