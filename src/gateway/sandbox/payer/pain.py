"""Reads a payment order, ISO 20022 pain.001 in versions 03 and 09, and refuses whatever does not add up."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from gateway.kit.money import AmountError, Currency, parse_amount

NAMESPACES = {f"urn:iso:std:iso:20022:tech:xsd:pain.001.001.{version}" for version in ("03", "09")}
_ID = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]{1,35}")


class OrderError(ValueError):
    """A file the bank does not take."""


@dataclass(frozen=True)
class Payment:
    """One payment that is ordered."""

    payment_info_id: str
    end_to_end_id: str
    minor: int
    debtor: str
    creditor: str
    creditor_name: str
    text: str
    execute_on: dt.date


@dataclass(frozen=True)
class Order:
    """A whole file."""

    message_id: str
    payments: tuple[Payment, ...]


def read_order(body: bytes, currency: Currency) -> Order:
    """Read a file.

    Raises:
        OrderError: It is not a pain.001, or its counts, sums, ids or amounts are wrong.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise OrderError("document types and entities are not taken")
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as broken:
        raise OrderError(f"not XML: {broken}") from None
    name = etree.QName(root)
    if name.namespace not in NAMESPACES or name.localname != "Document":
        raise OrderError(f"expected a Document of pain.001.001.03 or .09, found {name.text}")
    reader = _Reader(str(name.namespace), currency)
    initiation = reader.one(root, "CstmrCdtTrfInitn")
    message_id = reader.identifier(initiation, "GrpHdr/MsgId")
    payments = tuple(reader.payments(initiation))
    reader.check_sums(reader.one(initiation, "GrpHdr"), payments, required=True)
    return Order(message_id, payments)


class _Reader:
    def __init__(self, namespace: str, currency: Currency) -> None:
        self._spaces, self._currency = {"p": namespace}, currency

    def all(self, node: Any, path: str) -> list[Any]:
        return list(node.findall("/".join(f"p:{part}" for part in path.split("/")), self._spaces))

    def one(self, node: Any, path: str) -> Any:
        found = self.all(node, path)
        if len(found) != 1:
            raise OrderError(f"{path}: expected once, found {len(found)} times")
        return found[0]

    def text(self, node: Any, path: str) -> str:
        found = self.all(node, path)
        return (found[0].text or "").strip() if found else ""

    def identifier(self, node: Any, path: str) -> str:
        text = self.text(node, path)
        if not _ID.fullmatch(text):
            raise OrderError(f"{path}: {text!r} is not an identifier of 1 to 35 allowed characters")
        return text

    def payments(self, initiation: Any) -> Iterator[Payment]:
        for info in self.all(initiation, "PmtInf"):
            made = tuple(self._payments_of(info))
            self.check_sums(info, made, required=False)
            yield from made

    def _payments_of(self, info: Any) -> Iterator[Payment]:
        info_id, debtor = self.identifier(info, "PmtInfId"), self._account(info, "DbtrAcct")
        if self.text(info, "PmtMtd") != "TRF":
            raise OrderError("PmtMtd: expected TRF")
        day = self.text(info, "ReqdExctnDt/Dt") or self.text(info, "ReqdExctnDt")
        try:
            execute_on = dt.date.fromisoformat(day)
        except ValueError:
            raise OrderError(f"ReqdExctnDt: {day!r} is not a date") from None
        for node in self.all(info, "CdtTrfTxInf"):
            yield Payment(
                info_id, self.identifier(node, "PmtId/EndToEndId"), self._amount(node), debtor,
                self._account(node, "CdtrAcct"), self.text(node, "Cdtr/Nm"), self._remittance(node), execute_on,
            )  # fmt: skip

    def _amount(self, node: Any) -> int:
        amount = self.one(node, "Amt/InstdAmt")
        if amount.get("Ccy") != self._currency.code:
            raise OrderError(f"InstdAmt: only {self._currency.code} is held here")
        try:
            minor = parse_amount((amount.text or "").strip(), self._currency)
        except AmountError as broken:
            raise OrderError(f"InstdAmt: {broken}") from None
        if minor <= 0:
            raise OrderError("InstdAmt: nothing to pay")
        return minor

    def _account(self, node: Any, path: str) -> str:
        number = self.text(node, f"{path}/Id/IBAN") or self.text(node, f"{path}/Id/Othr/Id")
        if not number:
            raise OrderError(f"{path}: expected IBAN or Othr/Id")
        return number

    def _remittance(self, node: Any) -> str:
        plain = [found.text or "" for found in self.all(node, "RmtInf/Ustrd")]
        structured = [found.text or "" for found in self.all(node, "RmtInf/Strd/CdtrRefInf/Ref")]
        return " ".join([*structured, *plain]).strip()

    def check_sums(self, node: Any, payments: tuple[Payment, ...], *, required: bool) -> None:
        count, total = self.text(node, "NbOfTxs"), self.text(node, "CtrlSum")
        if (count or required) and count != str(len(payments)):
            raise OrderError(f"NbOfTxs says {count!r}; there are {len(payments)}")
        if not payments:
            raise OrderError("nothing is ordered")
        try:
            if total and parse_amount(total, self._currency) != sum(one.minor for one in payments):
                raise OrderError(f"CtrlSum {total} is not the sum of the amounts")
        except AmountError as broken:
            raise OrderError(f"CtrlSum: {broken}") from None
