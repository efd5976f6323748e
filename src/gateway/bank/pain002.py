"""Read a bank's payment status report (pain.002), whatever version: three levels, of which the most specific counts.

A report may list only what it rejects; what it does not list has the status of the level above. Acceptance, also
"settled", says that the bank has taken the order: only a booking on a statement makes money final.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.bank import xml
from gateway.bank.errors import StatementError

REJECTED = frozenset({"RJCT", "CANC"})
"""What surely was not paid."""
_LONGEST = 500
_ROOTS = frozenset({"CstmrPmtStsRpt", "pain.002.001.02"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the bank says at one level."""

    status: str
    """ISO code: ``ACTC``, ``ACCP``, ``ACSP``, ``ACSC``, ``PART``, ``PDNG``, ``RJCT``, …; empty where it says nothing."""
    code: str
    """Reason code, for example ``AC04``."""
    text: str

    @property
    def is_rejection(self) -> bool:
        """Tell whether it surely was not paid."""
        return self.status in REJECTED


@dataclass(frozen=True, slots=True)
class StatusReport:
    """A report about one file of ours."""

    message_id: str
    """Of the report."""
    original_message_id: str
    group: Verdict
    information: dict[str, Verdict] = field(default_factory=dict)
    """By payment information id."""
    transactions: dict[str, Verdict] = field(default_factory=dict)
    """By end-to-end id, or instruction id where the bank gives no other."""
    of_information: dict[str, str] = field(default_factory=dict)
    """End-to-end id -> the payment information it stands under."""

    def verdict_of(self, end_to_end_id: str, information_id: str = "") -> Verdict:
        """Return what counts for one payment: its own status, else that of its block, else that of the file.

        ``PART`` says that some of what is below is rejected and names these: what is not named is not rejected.
        """
        own = self.transactions.get(end_to_end_id)
        if own is not None and own.status:
            return own
        block = self.information.get(self.of_information.get(end_to_end_id, information_id))
        if block is not None and block.status:
            return block
        return self.group

    def rejections(self, end_to_end_ids: Iterable[str], information_id: str = "") -> dict[str, Verdict]:
        """Return which of these payments were surely not made, with the reason."""
        verdicts = ((name, self.verdict_of(name, information_id)) for name in end_to_end_ids)
        return {name: verdict for name, verdict in verdicts if verdict.is_rejection}


def read_status_report(body: bytes) -> StatusReport:
    """Read a report.

    Raises:
        StatementError: Not XML, another document, or one that names no file of ours.
    """
    root: xml.Element | None = None
    for event, element in xml.walk(body, ["Document"]):
        if event == "root":
            root = element
    candidates = [] if root is None else [root, *root]
    report = next((one for one in candidates if xml.local(one) in _ROOTS), None)
    if report is None:
        raise StatementError("the file is no payment status report; expected pain.002")
    original = xml.child(report, "OrgnlGrpInfAndSts")
    name = xml.words(original, "OrgnlMsgId")
    if original is None or name is None:
        raise StatementError(
            "the report does not say which file it is about (OrgnlMsgId); ask the bank for a whole one"
        )
    found = StatusReport(
        message_id=xml.words(report, "GrpHdr", "MsgId") or "",
        original_message_id=name,
        group=_verdict(original, "GrpSts"),
    )
    for block in xml.children(report, "OrgnlPmtInfAndSts"):
        identifier = xml.words(block, "OrgnlPmtInfId") or ""
        found.information[identifier] = _verdict(block, "PmtInfSts")
        _read_transactions(block, identifier, found)
    _read_transactions(report, "", found)
    return found


def _read_transactions(parent: xml.Element, information_id: str, found: StatusReport) -> None:
    for transaction in xml.children(parent, "TxInfAndSts"):
        name = xml.words(transaction, "OrgnlEndToEndId") or xml.words(transaction, "OrgnlInstrId")
        if name is None:
            raise StatementError(
                f"line {xml.line_of(transaction)}: a status without OrgnlEndToEndId; nobody can say whose it is"
            )
        verdict = _verdict(transaction, "TxSts")
        known = found.transactions.get(name)
        # Where a bank says two things of one payment in one report, the rejection is looked at first.
        if known is None or verdict.is_rejection:
            found.transactions[name] = verdict
        found.of_information[name] = information_id


def _verdict(element: xml.Element, name: str) -> Verdict:
    reason = xml.child(element, "StsRsnInf")
    code = xml.words(reason, "Rsn", "Cd") or xml.words(reason, "Rsn", "Prtry") or ""
    said = [text for one in xml.children(reason, "AddtlInf") if (text := xml.words(one))]
    return Verdict(xml.words(element, name) or "", code, " ".join(said)[:_LONGEST])
