"""A bank's status report: of its three levels the most specific counts, and what it does not list is not rejected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bank.errors import StatementError
from gateway.bank.pain002 import read_status_report

SPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"


def verdict(tag: str, status: str | None, code: str = "", text: str = "") -> str:
    said = "" if status is None else f"<{tag}>{status}</{tag}>"
    more = f"<AddtlInf>{text}</AddtlInf>" if text else ""
    return said + (f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn>{more}</StsRsnInf>" if code else "")


def transaction(name: str, status: str | None, code: str = "", text: str = "", tag: str = "OrgnlEndToEndId") -> str:
    return f"<TxInfAndSts><{tag}>{name}</{tag}>{verdict('TxSts', status, code, text)}</TxInfAndSts>"


def report(
    group: str | None, *transactions: str, block: str | None = None, message: str = "PBX", space: str = SPACE
) -> bytes:
    inside = "".join(transactions)
    return (
        f"<Document xmlns='{space}'><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>{verdict('GrpSts', group)}</OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>I1</OrgnlPmtInfId>{verdict('PmtInfSts', block)}{inside}</OrgnlPmtInfAndSts>"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


@pytest.mark.parametrize(
    ("body", "rejected"),
    [
        (report("ACTC"), []),
        (report("ACSC"), []),
        (report("RJCT"), ["A", "B", "C"]),
        (report("PART", transaction("B", "RJCT", "AC04", "closed")), ["B"]),
        (report("ACCP", transaction("B", "RJCT", "AC01")), ["B"]),
        (report("RJCT", transaction("B", "ACSP")), ["A", "C"]),
        (report("PART", block="RJCT"), ["A", "B", "C"]),
        (report("PART", transaction("A", "ACCP"), block="RJCT"), ["B", "C"]),
        (report("RJCT", block="ACCP"), []),
        (report(None, transaction("C", "RJCT", tag="OrgnlInstrId")), ["C"]),
        (report("PDNG", transaction("A", "CANC")), ["A"]),
        (report("PART", transaction("A", "ACCP"), transaction("A", "RJCT"), transaction("A", "ACCP")), ["A"]),
        (report("RJCT", space=""), ["A", "B", "C"]),
        (report("PART", transaction("B", "RJCT"), space="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"), ["B"]),
    ],
)  # fmt: skip
def test_the_most_specific_level_counts(body: bytes, rejected: list[str]) -> None:
    assert sorted(read_status_report(body).rejections(["A", "B", "C"], "I1")) == rejected


def test_a_rejection_keeps_its_reason() -> None:
    found = read_status_report(report("PART", transaction("B", "RJCT", "AC04", "the account is closed")))
    kept = found.rejections(["B"])["B"]
    assert (found.original_message_id, kept.code, kept.text) == ("PBX", "AC04", "the account is closed")


STATUS = st.sampled_from([None, "ACTC", "ACCP", "ACSP", "ACSC", "PDNG", "RJCT", "CANC"])


@given(STATUS, STATUS, STATUS)
def test_whatever_three_levels_say_the_deepest_that_speaks_decides(group, block, own) -> None:
    found = read_status_report(report(group, transaction("A", own), block=block))
    decides = own or block or group or ""
    assert bool(found.rejections(["A"], "I1")) == (decides in {"RJCT", "CANC"})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"<Document><BkToCstmrStmt/></Document>", "no payment status report"),
        (b"<Document><CstmrPmtStsRpt><GrpHdr/></CstmrPmtStsRpt></Document>", "OrgnlMsgId"),
        (report("PART", "<TxInfAndSts><TxSts>RJCT</TxSts></TxInfAndSts>"), "without OrgnlEndToEndId"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><Document/>", "DTD"),
        (report("RJCT")[:-40], "line 1"),
    ],
)
def test_what_is_no_whole_report_is_refused_in_words(body: bytes, said: str) -> None:
    with pytest.raises(StatementError, match=said):
        read_status_report(body)
