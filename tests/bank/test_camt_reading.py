"""How a bank's statement is read: exactly where money is concerned, kindly where it is not, never with a crash."""

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.bank.camt import read_statement
from gateway.bank.errors import StatementError

DAY = (Path(__file__).parent / "files" / "day.camt053.001.08.xml").read_bytes()


def day(old=b"", new=b"", count=-1):
    assert old in DAY
    return DAY.replace(old, new, count)


def statement_of(body):
    read = read_statement(body)
    assert read.quarantine is None, read.quarantine
    (statement,) = read.statements
    return statement


def aside(body):
    read = read_statement(body)
    assert read.statements == []
    return read.quarantine


def test_a_day_is_read_to_the_unit():
    read = read_statement(DAY)
    assert (read.format, read.is_statement, read.quarantine) == ("camt.053.001.08", True, None)
    (statement,) = read.statements
    assert (statement.account, statement.currency, statement.reference, statement.sequence) == (
        "1234567", "DOP", "S-20260406", "96",
    )  # fmt: skip
    assert statement.from_on == statement.to_on == dt.date(2026, 4, 6)
    assert (statement.opening_minor, statement.closing_minor) == (1_000_000, 677_673)
    assert [line.amount_minor for line in statement.lines] == [
        -492_327,
        50_000,
        50_000,
        70_000,
        40_000,
        -10_000,
        -30_000,
    ]
    assert statement.problem is None
    assert statement.tolerances == []


def test_a_payment_of_ours_carries_our_id_and_the_states_reference():
    line = statement_of(DAY).lines[0]
    assert (line.end_to_end_id, line.bank_reference, line.reference) == ("PAY-1", "B1", "0320260000000014")
    assert (line.counterparty, line.counterparty_account) == ("Tesorería de la Seguridad Social", "TSS-1")
    assert line.value_on == dt.date(2026, 4, 6)


def test_two_equal_lines_are_two_lines():
    first, second = statement_of(DAY).lines[1:3]
    assert first.entry_no != second.entry_no
    assert (first.amount_minor, first.bank_reference, first.text) == (
        second.amount_minor,
        second.bank_reference,
        second.text,
    )
    assert (first.end_to_end_id, first.text, first.counterparty) == (None, "Cuota marzo", "Ana Peña")


def test_the_day_is_the_banks_own_whatever_the_offset():
    assert statement_of(DAY).lines[1].booked_on == dt.date(2026, 4, 6)


def test_a_batch_that_its_details_explain_is_taken_apart_with_their_own_directions():
    parts = statement_of(DAY).lines[3:6]
    assert [(p.detail_no, p.amount_minor, p.end_to_end_id, p.bank_reference) for p in parts] == [
        (1, 70_000, "A", "B3-1"), (2, 40_000, "B", "B3-2"), (3, -10_000, "C", "B3-3"),
    ]  # fmt: skip
    assert all(part.flags == () for part in parts)


def test_a_batch_that_its_details_do_not_explain_stays_whole_with_a_flag():
    statement = statement_of(day(b'<Amt Ccy="DOP">700.00</Amt>', b'<Amt Ccy="DOP">700.01</Amt>'))
    line = statement.lines[3]
    assert (line.amount_minor, line.end_to_end_id, line.detail_no) == (100_000, None, 0)
    assert line.flags == ("details_do_not_sum", "detail_direction_differs")
    assert statement.problem is None


def test_a_batch_in_another_currency_stays_whole():
    assert statement_of(day(b'<Amt Ccy="DOP">700.00</Amt>', b'<Amt Ccy="USD">700.00</Amt>')).lines[3].flags[0] == (
        "details_without_amounts"
    )


def test_a_reversal_does_not_turn_the_sign_and_a_detail_does_not_overrule_its_entry():
    line = statement_of(DAY).lines[-1]
    assert (line.amount_minor, line.is_reversal, line.text) == (-30_000, True, "Devolución")
    assert line.flags == ("detail_direction_differs",)


def test_pending_and_information_never_post():
    assert statement_of(DAY).unbooked_count == 2


def test_a_statement_that_does_not_add_up_says_so():
    problem = statement_of(day(b"6776.73", b"6776.74")).problem
    assert problem == (
        "opening 10000.00 and booked -3223.27 make 6776.73 DOP, the closing balance says 6776.74; "
        "ask the bank for the statement again"
    )


@pytest.mark.parametrize(("code", "word"), [(b"OPBD", "opening"), (b"CLBD", "closing")])
def test_a_statement_without_a_balance_says_so(code, word):
    assert word in statement_of(day(code, b"XPCD")).problem


def test_an_overdrawn_account_has_a_negative_balance():
    body = day(b"6776.73</Amt><CdtDbtInd>CRDT", b"6776.73</Amt><CdtDbtInd>DBIT")
    assert statement_of(body).closing_minor == -677_673


TOLERATED = {
    "another namespace": (day(b"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08", b"urn:bank:own"), "namespace 'urn:bank:own'"),
    "no namespace": (day(b' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"'), "no namespace"),
    "no document": (
        day(b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">').replace(b"</Document>", b""),
        "no Document around the message",
    ),
    "an envelope": (
        b"<e:Envelope xmlns:e='urn:e'><e:Body>" + DAY.partition(b"?>")[2] + b"</e:Body></e:Envelope>",
        "an envelope around the Document",
    ),
    "a previous closing balance": (day(b"OPBD", b"PRCD"), "the previous closing balance stands for the opening one"),
    "no days": (day(DAY[DAY.index(b"<FrToDt>") : DAY.index(b"<Acct>")]), "the days covered are taken from balances and entries"),
    "no booking date": (
        day(b"<BookgDt><Dt>2026-04-06</Dt></BookgDt><ValDt>", b"<ValDt>"),
        "the value date stands for a missing booking date",
    ),
    "no status": (day(b"<Sts><Cd>BOOK</Cd></Sts>\n        <BookgDt><Dt>2026-04-06</Dt></BookgDt><ValDt>",
                      b"<BookgDt><Dt>2026-04-06</Dt></BookgDt><ValDt>"), "an entry without a status is taken as booked"),
    "zeros": (day(b"4923.27", b"4923.27000"), "zeros after the currency's last decimal"),
    "an entry of zero": (
        day(b"</Stmt>", b"<Ntry><Amt Ccy='DOP'>0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-04-06"
            b"</Dt></BookgDt></Ntry></Stmt>"),
        "an entry of zero is left out",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLERATED)
def test_what_has_to_be_put_up_with_is_written_down(name):
    body, note = TOLERATED[name]
    statement = statement_of(body)
    assert note in statement.tolerances
    assert sum(line.amount_minor for line in statement.lines) == -322_327
    assert statement.problem is None


def test_the_status_of_older_versions_is_read():
    assert len(statement_of(day(b"<Sts><Cd>BOOK</Cd></Sts>", b"<Sts>BOOK</Sts>")).lines) == 7


PUT_ASIDE = {
    "a third decimal": (day(b"4923.27", b"4923.271", 1), "4923.271 has 3 decimals; DOP has 2"),
    "a comma": (day(b"4923.27", b"4923,27", 1), "'4923,27' is no amount"),
    "a sign": (day(b"4923.27", b"-4923.27", 1), "is no amount"),
    "no digits": (day(b"4923.27", b"NaN", 1), "is no amount"),
    "foreign digits": (day(b"4923.27", "４923.27".encode(), 1), "is no amount"),
    "far too much": (day(b"4923.27", b"9" * 18, 1), "larger than any amount"),
    "no direction": (day(b"<CdtDbtInd>DBIT</CdtDbtInd><Sts>", b"<Sts>", 1), "direction None"),
    "another direction": (day(b"<CdtDbtInd>DBIT</CdtDbtInd><Sts>", b"<CdtDbtInd>X</CdtDbtInd><Sts>", 1), "direction 'X'"),
    "another status": (day(b"<Cd>BOOK</Cd>", b"<Cd>MAYB</Cd>", 1), "status 'MAYB'"),
    "no amount": (day(b'<Amt Ccy="DOP">4923.27</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>',
                      b"<CdtDbtInd>DBIT</CdtDbtInd><Sts>", 1), "without an amount"),
    "no such day": (day(b"<BookgDt><Dt>2026-04-06", b"<BookgDt><Dt>2026-02-30", 1), "'2026-02-30' is no date"),
    "another day": (day(b"<BookgDt><Dt>2026-04-06", b"<BookgDt><Dt>06/04/2026", 1), "is no date"),
    "two currencies": (day(b'<Amt Ccy="DOP">4923.27', b'<Amt Ccy="USD">4923.27', 1), "several currencies: DOP, USD"),
    "an unknown currency": (day(b"DOP", b"QQQ"), "unknown currency 'QQQ'"),
    "no account": (day(b"<Id><Othr><Id>1234 567</Id></Othr></Id>"), "names no account"),
    "no currency": (day(b' Ccy="DOP"').replace(b"<Ccy>DOP</Ccy>", b""), "no amount names a currency"),
}  # fmt: skip


@pytest.mark.parametrize("name", PUT_ASIDE)
def test_what_cannot_be_read_exactly_is_put_aside_whole(name):
    body, reason = PUT_ASIDE[name]
    quarantine = aside(body)
    assert reason in quarantine.reason
    assert quarantine.items[0].reference == "S-20260406"
    assert "statement 1, line 5" in quarantine.place


def balance(kind, amount, *, day=b"2026-04-06", side=b"CRDT", currency=b"DOP", subtype=b""):
    sub = b"<SubTp><Cd>" + subtype + b"</Cd></SubTp>" if subtype else b""
    return (
        b"<Bal><Tp><CdOrPrtry><Cd>" + kind + b"</Cd></CdOrPrtry>" + sub + b"</Tp><Amt Ccy='" + currency + b"'>" + amount
        + b"</Amt><CdtDbtInd>" + side + b"</CdtDbtInd><Dt><Dt>" + day + b"</Dt></Dt></Bal>"
    )  # fmt: skip


def with_balances(*balances, paged=b""):
    first, last = DAY.index(b"<Bal>"), DAY.rindex(b"</Bal>") + 6
    start = DAY.index(b"<ElctrncSeqNb>")
    return DAY[:start] + paged + DAY[start:first] + b"".join(balances) + DAY[last:]


OPENS, CLOSES = b"10000.00", b"6776.73"
BEFORE, AFTER = b"2026-04-05", b"2026-04-06"
PAGE = b"<StmtPgntn><PgNb>2</PgNb><LastPgInd>true</LastPgInd></StmtPgntn>"
CHOSEN = {
    "available and forward balances, before and after": with_balances(
        balance(b"CLAV", b"1.00"), balance(b"OPAV", b"2.00"), balance(b"OPBD", OPENS), balance(b"ITBD", b"3.00"),
        balance(b"CLBD", CLOSES), balance(b"FWAV", b"4.00"), balance(b"XPCD", b"5.00"), balance(b"ITAV", b"6.00"),
    ),
    "an opening one and another previous one": with_balances(
        balance(b"PRCD", b"9.99"), balance(b"OPBD", OPENS), balance(b"CLBD", CLOSES)
    ),
    "closing before opening": with_balances(balance(b"CLBD", CLOSES), balance(b"OPBD", OPENS)),
    "the same opening twice": with_balances(balance(b"OPBD", OPENS), balance(b"OPBD", OPENS), balance(b"CLBD", CLOSES)),
    "an opening and a closing one for each day": with_balances(
        balance(b"OPBD", OPENS, day=BEFORE), balance(b"CLBD", b"7000.00", day=BEFORE),
        balance(b"OPBD", b"7000.00", day=AFTER), balance(b"CLBD", CLOSES, day=AFTER),
    ),
    "interim ones beside the final ones": with_balances(
        balance(b"OPBD", OPENS), balance(b"CLBD", b"7000.00", subtype=b"INTM"),
        balance(b"OPBD", b"7000.00", subtype=b"INTM"), balance(b"CLBD", CLOSES),
    ),
    "a page between interim balances": with_balances(balance(b"ITBD", OPENS), balance(b"ITBD", CLOSES), paged=PAGE),
    "the last page": with_balances(balance(b"ITBD", OPENS), balance(b"CLBD", CLOSES), paged=PAGE),
    "the first page": with_balances(balance(b"OPBD", OPENS), balance(b"ITBD", CLOSES), paged=PAGE),
    "one of them in another currency": with_balances(
        balance(b"OPBD", OPENS), balance(b"CLBD", b"1.00", currency=b"USD"), balance(b"CLBD", CLOSES)
    ),
    "the kind as the bank's own word": day(b"<Cd>OPBD</Cd>", b"<Prtry>OPBD</Prtry>"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHOSEN)
def test_only_booked_balances_open_and_close_a_statement(name):
    statement = statement_of(CHOSEN[name])
    assert (statement.opening_minor, statement.closing_minor, statement.problem) == (1_000_000, 677_673, None)
    assert statement.is_balanced


NOT_PROVED = {
    "two openings": (day(b"<Cd>CLBD</Cd>", b"<Cd>OPBD</Cd>"), "several OPBD balances"),
    "two closings of one day": (
        with_balances(balance(b"OPBD", OPENS), balance(b"CLBD", CLOSES), balance(b"CLBD", b"1.00")),
        "several CLBD balances",
    ),
    "no direction": (day(b"10000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>", b"10000.00</Amt>"), "no direction"),
    "only what is available": (with_balances(balance(b"OPAV", OPENS), balance(b"CLAV", CLOSES)), "no booked opening"),
    "interim balances of what is no page": (
        with_balances(balance(b"OPBD", OPENS), balance(b"ITBD", CLOSES)),
        "no booked closing",
    ),
    "another currency": (
        with_balances(balance(b"OPBD", OPENS), balance(b"CLBD", CLOSES, currency=b"USD")),
        "closing balance is in USD",
    ),
    "overdrawn where it says so": (
        with_balances(balance(b"OPBD", OPENS), balance(b"CLBD", CLOSES, side=b"DBIT")),
        "closing balance says -6776.73",
    ),
    "an amount with a comma": (with_balances(balance(b"OPBD", b"10000,00"), balance(b"CLBD", CLOSES)), "is no amount"),
}


@pytest.mark.parametrize("name", NOT_PROVED)
def test_a_statement_whose_balances_prove_nothing_is_added_up_and_not_used(name):
    body, reason = NOT_PROVED[name]
    statement = statement_of(body)
    assert reason in statement.problem
    assert (statement.credits_minor, statement.debits_minor, statement.entry_count) == (200_000, 522_327, 5)
    assert not statement.is_balanced


@pytest.mark.parametrize(
    ("currency", "factor"),
    [(b"JPY", 1), (b"XOF", 1), (b"KWD", 1000), (b"SEK", 100)],
    ids=["yen", "franc", "dinar", "krona"],
)
def test_each_currency_has_its_own_decimals(currency, factor):
    body = DAY.replace(b"DOP", currency)
    if factor == 1:
        body = re.sub(rb"(\d+)\.(\d\d)<", lambda found: found.group(1) + found.group(2) + b"<", body)
    statement = statement_of(body)
    assert statement.opening_minor == {1: 1_000_000, 100: 1_000_000, 1000: 10_000_000}[factor]
    assert statement.is_balanced


def paged(number, last, *, body=DAY):
    start = body.index(b"<ElctrncSeqNb>")
    told = b"<StmtPgntn><PgNb>%d</PgNb><LastPgInd>%s</LastPgInd></StmtPgntn>" % (number, b"true" if last else b"false")
    return body[:start] + told + body[start:]


def pages(first_closing, second_opening):
    """The day's statement on two pages, the first entry on the first."""
    start, cut, end = DAY.index(b"<Stmt>"), DAY.index(b"</Ntry>") + 7, DAY.index(b"</Stmt>")
    head = paged(1, False)
    shift = len(head) - len(DAY)
    first = head[start : cut + shift] + b"</Stmt>"
    second = paged(2, True)[start : DAY.index(b"<Ntry>") + shift - 1] + DAY[cut:end] + b"</Stmt>"
    closing, opening = balance(b"CLBD", CLOSES), balance(b"OPBD", OPENS)
    first = re.sub(rb"<Bal>.*</Bal>", opening + first_closing, first, flags=re.DOTALL)
    second = re.sub(rb"<Bal>.*</Bal>", second_opening + closing, second, flags=re.DOTALL)
    return DAY[:start] + first + second + DAY[end + 7 :]


@pytest.mark.parametrize(
    ("first_closing", "second_opening"),
    [
        (b"", b""),
        (balance(b"ITBD", b"5076.73"), balance(b"ITBD", b"5076.73")),
        (balance(b"CLBD", b"5076.73", subtype=b"INTM"), balance(b"OPBD", b"5076.73", subtype=b"INTM")),
        (balance(b"CLBD", CLOSES), balance(b"OPBD", OPENS)),
    ],
    ids=["balances at the ends", "interim balances", "marked interim", "the whole's balances on each page"],
)
def test_the_pages_of_one_statement_are_one_statement(first_closing, second_opening):
    statement = statement_of(pages(first_closing, second_opening))
    assert (statement.opening_minor, statement.closing_minor, statement.entry_count) == (1_000_000, 677_673, 5)
    assert statement.problem is None
    assert [line.entry_no for line in statement.lines][:2] == [1, 2]


def test_a_page_whose_last_page_is_missing_says_so():
    body = paged(1, False, body=with_balances(balance(b"OPBD", OPENS)))
    statement = statement_of(body)
    assert "page 1 of a statement whose last page is not in the file" in statement.problem


def test_money_that_comes_back_says_why():
    reason = (
        b"<RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>cuenta</AddtlInf><AddtlInf>cerrada</AddtlInf></RtrInf></TxDtls>"
    )
    line = statement_of(day(b"</TxDtls>", reason, 1)).lines[0]
    assert line.text.endswith("AC04 cuenta cerrada")


def test_a_page_named_by_the_message_counts_for_its_statement():
    body = day(b"</GrpHdr>", b"<MsgPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></MsgPgntn></GrpHdr>")
    statement = statement_of(body)
    assert statement.problem is None
    assert any("page 1" in told for told in statement.tolerances)


def test_an_entry_without_any_day_is_added_up_and_not_used():
    whole = b"<BookgDt><Dt>2026-04-06</Dt></BookgDt><ValDt><Dt>2026-04-06</Dt></ValDt>"
    statement = statement_of(day(whole, b"", 1))
    assert "without a booking date" in statement.problem
    assert (statement.debits_minor, statement.is_balanced) == (522_327, True)


def test_the_banks_own_totals_are_told_of_where_they_differ():
    told = b"<TxsSummry><TtlCdtNtries><NbOfNtries>9</NbOfNtries><Sum>1.00</Sum></TtlCdtNtries></TxsSummry></Acct>"
    statement = statement_of(day(b"</Acct>", b"</Acct>" + told.removesuffix(b"</Acct>"), 1))
    assert any("own total of credits (1.00)" in tolerance for tolerance in statement.tolerances)
    assert statement.problem is None
    counted = b"</Acct><TxsSummry><TtlNtries><NbOfNtries>9</NbOfNtries></TtlNtries></TxsSummry>"
    assert (
        "the bank's own count of entries (9) is not that of the file"
        in statement_of(day(b"</Acct>", counted, 1)).tolerances
    )


def test_of_two_statements_the_good_one_is_read_and_the_bad_one_put_aside():
    start, end = DAY.index(b"<Stmt>"), DAY.index(b"</Stmt>") + 7
    second = DAY[start:end].replace(b"S-20260406", b"S-2").replace(b"4923.27", b"4923.2x", 1)
    read = read_statement(DAY[:end] + second + DAY[end:])
    assert [statement.reference for statement in read.statements] == ["S-20260406"]
    assert [item.reference for item in read.quarantine.items] == ["S-2"]
    assert "entry 1" in read.quarantine.place


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><Document><BkToCstmrStmt><Stmt><Id>&c;</Id></Stmt></BkToCstmrStmt></Document>'
)
REFUSED = {
    "nothing": (b"", "empty"),
    "blanks": (b" \n ", "empty"),
    "no XML": (b"date;amount\n2026-04-06;1.00\n", "no XML"),
    "MT940": (b":20:START\r\n:25:1234\r\n", "no XML"),
    "a zip file": (b"PK\x03\x04" + bytes(50), "compressed"),
    "a gzip file": (b"\x1f\x8b" + bytes(50), "compressed"),
    "cut off": (DAY[: len(DAY) // 2], "line "),
    "an entity bomb": (BOMB, "DTD"),
    "an outside entity": (b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document>&x;</Document>', "DTD"),
    "a DTD in UTF-16": (
        BOMB.decode().replace('version="1.0"', 'version="1.0" encoding="UTF-16"').encode("utf-16"),
        "DTD",
    ),
    "another root": (b"<html><body/></html>", "begins with <html>"),
    "another message": (
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt/></Document>',
        "CstmrPmtStsRpt",
    ),
    "an empty document": (b"<Document/>", "no bank message"),
    "a report within the day": (day(b"BkToCstmrStmt", b"BkToCstmrAcctRpt"), "camt.052"),
    "no statement": (b"<Document><BkToCstmrStmt><GrpHdr/></BkToCstmrStmt></Document>", "no statement"),
    "octets that are no UTF-8": (day("Peña".encode(), b"Pe\xf1a"), "line 30"),
    "far too deep": (b"<Document>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</Document>", "line 1, column"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_statement_is_refused_in_words(name):
    body, words = REFUSED[name]
    with pytest.raises(StatementError, match=words):
        read_statement(body)


def test_a_notification_is_told_from_a_statement():
    body = (
        day(b"BkToCstmrStmt", b"BkToCstmrDbtCdtNtfctn").replace(b"Stmt>", b"Ntfctn>").replace(b"camt.053", b"camt.054")
    )
    read = read_statement(body)
    assert (read.format, read.is_statement) == ("camt.054.001.08", False)
    assert len(read.statements[0].lines) == 7


def test_latin_1_that_says_so_is_read():
    body = DAY.decode().replace("UTF-8", "ISO-8859-1").encode("latin-1")
    assert statement_of(body).lines[1].counterparty == "Ana Peña"


def test_a_long_statement_is_read_at_little_memory():
    start = DAY.index(b"<Ntry>", DAY.index(b"B1"))
    entry = DAY[start : DAY.index(b"</Ntry>", start) + 7]
    body = DAY[:start] + entry * 1_000 + DAY[start:]
    import tracemalloc

    tracemalloc.start()
    statement = statement_of(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(statement.lines) == 1_007
    assert peak < 6_000_000


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_damage_to_a_file_crashes_the_reader_or_makes_money(data):
    body = bytearray(DAY)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(body) - 1))
        end = place + data.draw(st.integers(0, 30))
        body[place:end] = data.draw(st.binary(max_size=4) | st.sampled_from([b"<", b"</", b"0", b"DBIT", b"BOOK"]))
    try:
        read = read_statement(bytes(body))
    except StatementError:
        return
    for statement in read.statements:
        if statement.problem is None and read.is_statement:
            assert (
                statement.opening_minor + sum(line.amount_minor for line in statement.lines) == statement.closing_minor
            )
