"""Bank statements as a bank writes them, made for a test."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

NUMBER = "9600000001"


class Booked(NamedTuple):
    """One booked entry."""

    minor: int
    end_to_end_id: str = ""
    text: str = ""
    counterparty: str = ""
    day: dt.date | None = None
    is_reversal: bool = False


class Together(NamedTuple):
    """Several payments that the bank books as one sum: told with amounts, by their ids alone, or not told of at all."""

    reference: str
    parts: tuple[Booked, ...]
    told: str = "nothing"
    """``all``, ``ids`` or ``nothing``."""

    @property
    def minor(self) -> int:
        """The sum."""
        return sum(part.minor for part in self.parts)


def amount(minor: int) -> str:
    return f"{abs(minor) // 100}.{abs(minor) % 100:02d}"


def balance(code: str, minor: int, day: dt.date) -> str:
    side = "CRDT" if minor >= 0 else "DBIT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='DOP'>{amount(minor)}</Amt>"
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def batch(sum_of: Together, day: dt.date) -> str:
    side = "CRDT" if sum_of.minor > 0 else "DBIT"
    details = "".join(
        f"<TxDtls><Refs><EndToEndId>{part.end_to_end_id}</EndToEndId></Refs>"
        + (f"<Amt Ccy='DOP'>{amount(part.minor)}</Amt>" if sum_of.told == "all" else "")
        + f"<RmtInf><Ustrd>{part.text}</Ustrd></RmtInf></TxDtls>"
        for part in (sum_of.parts if sum_of.told != "nothing" else ())
    )
    return (
        f"<Ntry><Amt Ccy='DOP'>{amount(sum_of.minor)}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{sum_of.reference}</AcctSvcrRef>"
        f"<BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd><NtryDtls><Btch><NbOfTxs>{len(sum_of.parts)}</NbOfTxs></Btch>{details}</NtryDtls></Ntry>"
    )


def entry(booked: "Booked | Together", day: dt.date) -> str:
    if isinstance(booked, Together):
        return batch(booked, day)
    side, party = ("CRDT", "Dbtr") if booked.minor > 0 else ("DBIT", "Cdtr")
    ids = f"<Refs><EndToEndId>{booked.end_to_end_id}</EndToEndId></Refs>" if booked.end_to_end_id else ""
    parties = f"<RltdPties><{party}><Nm>{booked.counterparty}</Nm></{party}></RltdPties>" if booked.counterparty else ""
    text = f"<RmtInf><Ustrd>{booked.text}</Ustrd></RmtInf>" if booked.text else ""
    when = booked.day or day
    reversal = "<RvslInd>true</RvslInd>" if booked.is_reversal else ""
    return (
        f"<Ntry><Amt Ccy='DOP'>{amount(booked.minor)}</Amt><CdtDbtInd>{side}</CdtDbtInd>{reversal}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{when}</Dt></BookgDt><ValDt><Dt>{when}</Dt></ValDt><BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>"
        f"<NtryDtls><TxDtls>{ids}<Amt Ccy='DOP'>{amount(booked.minor)}</Amt><CdtDbtInd>{side}</CdtDbtInd>{parties}{text}</TxDtls></NtryDtls></Ntry>"
    )


def camt053(
    opening: int,
    lines: "Sequence[Booked | Together]",
    *,
    day: dt.date = dt.date(2026, 3, 3),
    until: dt.date | None = None,
    reference: str | None = None,
    number: str = NUMBER,
    closing: int | None = None,
) -> bytes:
    """Return a statement of one account for a day, or for days."""
    last = until or day
    end = opening + sum(line.minor for line in lines) if closing is None else closing
    body = "".join(entry(line, day) for line in lines)
    return (
        "<?xml version='1.0' encoding='UTF-8'?><Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'>"
        f"<BkToCstmrStmt><GrpHdr><MsgId>M{day}</MsgId><CreDtTm>{last}T20:00:00</CreDtTm></GrpHdr><Stmt>"
        f"<Id>{reference or f'S{day}'}</Id><CreDtTm>{last}T20:00:00</CreDtTm>"
        f"<FrToDt><FrDtTm>{day}T00:00:00</FrDtTm><ToDtTm>{last}T23:59:59</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{number}</Id></Othr></Id><Ccy>DOP</Ccy></Acct>"
        f"{balance('OPBD', opening, day)}{balance('CLBD', end, last)}{body}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def camt054(
    lines: "Sequence[Booked | Together]",
    *,
    day: dt.date = dt.date(2026, 3, 3),
    reference: str = "N1",
    number: str = NUMBER,
) -> bytes:
    """Return a notification of single bookings: a statement without balances."""
    whole = camt053(0, lines, day=day, reference=reference, number=number).decode()
    start, end = whole.index("<Bal>"), whole.rindex("</Bal>") + len("</Bal>")
    bare = whole[:start] + whole[end:]
    for ours, theirs in (("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn"), ("Stmt>", "Ntfctn>"), ("camt.053", "camt.054")):
        bare = bare.replace(ours, theirs)
    return bare.encode()


def page(body: bytes, number: int, *, is_last: bool, without: str = "") -> bytes:
    """Return a statement as one page of a longer one, without one of its balances where the bank prints that elsewhere."""
    text = body.decode().replace(
        "<CreDtTm>",
        f"<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{str(is_last).lower()}</LastPgInd></StmtPgntn><CreDtTm>",
    )
    # Only the statement itself has pages here, not the message around it.
    head, mark, rest = text.partition("<Stmt>")
    text = head.replace(head[head.index("<StmtPgntn>") : head.index("</StmtPgntn>") + 12], "") + mark + rest
    for code in without.split():
        start = text.rindex("<Bal>", 0, text.index(f"<Cd>{code}</Cd>"))
        text = text[:start] + text[text.index("</Bal>", start) + 6 :]
    return text.encode()
