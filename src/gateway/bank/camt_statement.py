"""One statement: its account, days and balances around the entries, and whether they explain each other."""

import datetime as dt
from dataclasses import replace

from gateway.bank.camt_balances import Balance, Balances, choose_balances, find_balances
from gateway.bank.camt_entry import Entry, Unreadable, read_amount, read_day, read_entry
from gateway.bank.currencies import find_currency
from gateway.bank.statement import Line, Quarantined, Statement, balance_problem
from gateway.bank.xml import Element, child, line_of, words
from gateway.kit.money import Currency

PAGES = ("StmtPgntn", "NtfctnPgntn")


class StatementParts:
    """One statement being read, entry by entry."""

    def __init__(self, number: int, line: int) -> None:
        self.place = f"statement {number}, line {line}"
        self._entries: list[Entry] = []
        self._count = 0
        self._unbooked = 0
        self._unreadable: Unreadable | None = None
        self._problems: dict[str, None] = {}
        self._tolerances: dict[str, None] = {}

    def entry(self, element: Element) -> None:
        """Take the next entry; after one that cannot be read the rest are only counted."""
        self._count += 1
        if self._unreadable is not None:
            return
        try:
            entry = read_entry(element, self._count)
        except Unreadable as problem:
            self._unreadable = Unreadable(problem.reason, f"entry {self._count}, line {line_of(element)}")
            return
        if entry is None:
            self._unbooked += 1
        else:
            self._entries.append(entry)

    def finish(
        self, element: Element, *, has_balances: bool, notes: list[str], page: "tuple[int, bool] | None" = None
    ) -> Statement | Quarantined:
        """Return the statement, or why it is put aside.

        Args:
            element: The statement, its entries already taken.
            has_balances: Whether its kind has any.
            notes: What had to be put up with in the file around it.
            page: Which page of the whole message this file is, and whether it is the last.
        """
        try:
            if self._unreadable is not None:
                raise self._unreadable
            return self._statement(element, has_balances, notes, _page(element) or page)
        except Unreadable as problem:
            place = f"{self.place}, {problem.place}" if problem.place else self.place
            return Quarantined(problem.reason, place, _account(element), words(element, "Id"))

    def _statement(
        self, element: Element, has_balances: bool, notes: list[str], page: tuple[int, bool] | None
    ) -> Statement:
        account = _account(element)
        if account is None:
            raise Unreadable("the statement names no account")
        found, problem = find_balances(element)
        unit = self._currency(element, found)
        lines = self._lines(unit)
        balances = choose_balances(found, unit, is_page=page is not None)
        self._note(problem if has_balances else None, balances.problem if has_balances else None)
        self._tolerances.update(dict.fromkeys(balances.notes or ()))
        from_on, to_on = self._days(element, balances, lines)
        self._tolerances.update(dict.fromkeys(notes))
        credits_minor = sum(read_amount(e.amount, unit)[0] for e in self._entries if e.is_credit)
        debits_minor = sum(read_amount(e.amount, unit)[0] for e in self._entries if not e.is_credit)
        statement = Statement(
            account=account,
            currency=unit.code,
            reference=words(element, "Id") or "",
            sequence=words(element, "ElctrncSeqNb") or words(element, "LglSeqNb") or "",
            from_on=from_on,
            to_on=to_on,
            opening_minor=balances.opening.minor if balances.opening else None,
            closing_minor=balances.closing.minor if balances.closing else None,
            credits_minor=credits_minor,
            debits_minor=debits_minor,
            entry_count=len(self._entries),
            lines=lines,
            tolerances=list(self._tolerances),
            problem=None,
            unbooked_count=self._unbooked,
            place=self.place,
            has_balances=has_balances,
            page_no=page[0] if page else None,
            is_last_page=page[1] if page else True,
        )
        self._note(self._total_problem(element, statement, unit))
        if has_balances and not self._problems:
            booked = credits_minor - debits_minor
            self._note(balance_problem(statement.opening_minor, statement.closing_minor, booked, unit.code))
        return replace(statement, problem="; ".join(self._problems) or None, tolerances=list(self._tolerances))

    def _note(self, *problems: str | None) -> None:
        self._problems.update(dict.fromkeys(problem for problem in problems if problem))

    def _currency(self, element: Element, balances: list[Balance]) -> Currency:
        """Return the one currency of the account and its entries."""
        of_entries = list(dict.fromkeys(entry.currency for entry in self._entries if entry.currency))
        named = words(element, "Acct", "Ccy")
        codes = [code for code in (named, *of_entries) if code] or [b.currency for b in balances if b.currency]
        if not codes:
            raise Unreadable("no amount names a currency")
        if len(set(codes)) > 1 and (named or of_entries):
            raise Unreadable(f"one account in several currencies: {', '.join(dict.fromkeys(codes))}")
        unit = find_currency(codes[0])
        if unit is None:
            raise Unreadable(f"unknown currency {codes[0]!r}; expected one of ISO 4217")
        return unit

    def _lines(self, unit: Currency) -> list[Line]:
        lines: list[Line] = []
        for entry in self._entries:
            place = f"entry {entry.number}, line {entry.line}"
            try:
                movements, notes = entry.movements(unit)
            except Unreadable as problem:
                raise Unreadable(problem.reason, place) from problem
            self._tolerances.update(dict.fromkeys(notes))
            if entry.booked_on is None:
                self._note(f"an entry without a booking date and without a value date ({place})")
                continue
            lines.extend(Line(entry.number, *movement) for movement in movements)
        return lines

    def _total_problem(self, element: Element, statement: Statement, unit: Currency) -> str | None:
        """Return what the bank's own totals say against its entries; where balances decide, only a note is made of it."""
        wanted = (
            ("TtlCdtNtries", statement.credits_minor, "credits"),
            ("TtlDbtNtries", statement.debits_minor, "debits"),
        )
        for name, minor, told in wanted:
            text = words(element, "TxsSummry", name, "Sum")
            try:
                if text is None or read_amount(text, unit)[0] == minor:
                    continue
            except Unreadable:
                pass
            wrong = f"the bank's own total of {told} ({text}) is not that of the entries booked"
            if statement.has_balances or self._unbooked:
                self._tolerances[wrong] = None
                return None
            return wrong
        counted = words(element, "TxsSummry", "TtlNtries", "NbOfNtries") or ""
        if counted.isdecimal() and int(counted) not in (len(self._entries), self._count):
            # Whether a batch counts once is each bank's own; balances and totals prove the money.
            self._tolerances[f"the bank's own count of entries ({counted}) is not that of the file"] = None
        return None

    def _days(self, element: Element, balances: Balances, lines: list[Line]) -> tuple[dt.date | None, dt.date | None]:
        from_on = _first_day(element, ("FrDtTm", "FrDt"))
        to_on = _first_day(element, ("ToDtTm", "ToDt"))
        if from_on and to_on:
            if any(not from_on <= line.booked_on <= to_on for line in lines):
                self._tolerances["entries are booked on days outside those the statement says it covers"] = None
            return from_on, to_on
        days = [line.booked_on for line in lines]
        days += [balance.on for balance in (balances.opening, balances.closing) if balance and balance.on]
        if not days:
            return from_on, to_on
        self._tolerances["the days covered are taken from balances and entries"] = None
        return from_on or min(days), to_on or max(days)


def page_of(pagination: Element | None) -> tuple[int, bool] | None:
    """Return the page a pagination element names and whether it is the last; None for the only page there is."""
    number = words(pagination, "PgNb") or ""
    is_last = (words(pagination, "LastPgInd") or "true") in ("true", "1")
    if not number.isdigit() or (number == "1" and is_last):
        return None
    return int(number), is_last


def _page(element: Element) -> tuple[int, bool] | None:
    return next((page for name in PAGES if (page := page_of(child(element, name)))), None)


def _account(element: Element) -> str | None:
    number = words(element, "Acct", "Id", "IBAN") or words(element, "Acct", "Id", "Othr", "Id")
    # The first version had the other numbers right under Id.
    number = number or words(element, "Acct", "Id", "PrtryAcct", "Id") or words(element, "Acct", "Id", "BBAN")
    return number.replace(" ", "") if number else None


def _first_day(element: Element, names: tuple[str, ...]) -> dt.date | None:
    for name in names:
        found = child(element, "FrToDt", name)
        if found is not None:
            return read_day(found)
    return None
