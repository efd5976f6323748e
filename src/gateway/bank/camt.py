"""Statements in ISO 20022: camt.053 in every version, camt.054 recognised, camt.052 refused in words.

Tolerant of how banks write and strict about money: amounts are read from text into minor units, nothing is rounded,
and whatever a reader has to put up with is written down as a tolerance. A statement of which one booked entry cannot
be read exactly is not used at all: it goes to quarantine with the place and the reason. One whose balances do not
explain each other is read and says so in ``problem``; nothing of it may be posted.

Amounts are positive for money in and negative for money out. ``CdtDbtInd`` is the direction; ``RvslInd`` is not.
"""

import re

from gateway.bank.camt_statement import StatementParts, page_of
from gateway.bank.errors import IntradayReportError, NotAStatementError, StatementError
from gateway.bank.pages import join_pages
from gateway.bank.statement import Line, Quarantine, Quarantined, ReadFile, Statement, in_order
from gateway.bank.xml import Element, child, line_of, local, namespace, walk

__all__ = ["Line", "Quarantine", "Quarantined", "ReadFile", "Statement", "read_statement"]

_ROOTS = {
    "BkToCstmrStmt": "camt.053",
    "BkToCstmrDbtCdtNtfctn": "camt.054",
    "BkToCstmrAcctRpt": "camt.052",
}
_VERSION = re.compile("V[0-9]{2}$")
"""The first version wrote its number behind the name."""
_ISO = "urn:iso:std:iso:20022:tech:xsd:"
_MESSAGE = re.compile(r"camt\.05[234]\.[0-9]{3}\.[0-9]{2}")
_WATCHED = (*_ROOTS, *(f"{name}V01" for name in _ROOTS), "GrpHdr", "Stmt", "Ntfctn", "Ntry")


def read_statement(body: bytes) -> ReadFile:
    """Read a statement file.

    Raises:
        IntradayReportError: A camt.052.
        NotAStatementError: Another message of a bank, or one without a statement in it.
        StatementError: Not XML that can be read, or no bank's message at all.
    """
    reader = _Reader()
    try:
        for event, element in walk(body, _WATCHED):
            reader.see(event, element)
    except StatementError as problem:
        problem.format = problem.format or reader.format or None
        raise
    return reader.finish()


class _Reader:
    """The file so far. Entries are read and let go as they come, so that a long statement needs little memory."""

    def __init__(self) -> None:
        self.format = ""
        self.notes: list[str] = []
        self.statements: list[Statement] = []
        self.quarantined: list[Quarantined] = []
        self._page: tuple[int, bool] | None = None
        self._parts: StatementParts | None = None
        self._message_place = ""

    def see(self, event: str, element: Element) -> None:
        if event == "root":
            self._end(element)
            return
        name = local(element)
        if event == "start":
            if name in ("Stmt", "Ntfctn"):
                self._begin(element)
            elif name not in ("Ntry", "GrpHdr") and not self.format:
                self._message(_ROOTS[_VERSION.sub("", name)], element)
        elif name == "GrpHdr" and self._parts is None:
            self._page = page_of(child(element, "MsgPgntn"))
        elif self._parts is not None and name == "Ntry":
            self._parts.entry(element)
            element.clear()
        elif self._parts is not None and name in ("Stmt", "Ntfctn"):
            has_balances = self.format.startswith("camt.053")
            self._take(self._parts.finish(element, has_balances=has_balances, notes=self.notes, page=self._page))
            self._parts = None
            element.clear()

    def _begin(self, element: Element) -> None:
        parent = element.getparent()
        if self.format and self._parts is None and parent is not None and _VERSION.sub("", local(parent)) in _ROOTS:
            number = len(self.statements) + len(self.quarantined) + 1
            self._parts = StatementParts(number, line_of(element))

    def _message(self, kind: str, element: Element) -> None:
        """Take the message's own element, wherever the file keeps it."""
        around = [local(outer) for outer in element.iterancestors()]
        if "Document" not in around:
            self.notes.append("no Document around the message")
        outside = around[around.index("Document") + 1 :] if "Document" in around else around
        if outside:
            _refuse_unknown_root(outside[-1])
            self.notes.append("an envelope around the Document")
        self._message_place = f"{local(element)}, line {line_of(element)}"
        self._set_format(kind, namespace(element))

    def _end(self, root: Element) -> None:
        if self.format:
            return
        if local(root) != "Document":
            _refuse_unknown_root(local(root))
        message = next(iter(root), None)
        if message is not None and local(root) == "Document":
            told = f"the message is {local(message)}; expected a camt.053 statement (BkToCstmrStmt)"
            space = namespace(message).removeprefix(_ISO) if namespace(message).startswith(_ISO) else None
            raise NotAStatementError(told, format=space, place=f"{local(message)}, line {line_of(message)}")

    def _set_format(self, kind: str, space: str) -> None:
        version = space.removeprefix(_ISO)
        if version.startswith(kind):
            self.format = version
        else:
            named = _MESSAGE.search(space)
            self.format = named.group() if named and named.group().startswith(kind) else kind
            self.notes.append(f"namespace {space[:100]!r}" if space else "no namespace")
        if kind == "camt.052":
            raise IntradayReportError(
                f"this is a {self.format}, an account report within the day: what it lists may still change, so nothing of "
                "it is booked; ask the bank for the camt.053 statement of the day",
                format=self.format,
                place=self._message_place,
            )

    def _take(self, result: "Statement | Quarantined") -> None:
        if isinstance(result, Quarantined):
            self.quarantined.append(result)
        else:
            self.statements.append(result)

    def finish(self) -> ReadFile:
        if not self.format:
            raise StatementError("the file holds no bank message; expected a camt.053 statement (BkToCstmrStmt)")
        if not self.statements and not self.quarantined:
            raise NotAStatementError(
                f"the {self.format} holds no statement; ask the bank for a whole one",
                format=self.format,
                place=self._message_place,
            )
        quarantine = Quarantine(tuple(self.quarantined)) if self.quarantined else None
        return ReadFile(self.format, in_order(join_pages(self.statements)), quarantine)


def _refuse_unknown_root(name: str) -> None:
    # Banks put the Document into a business envelope or a SOAP one; any other root is no statement.
    if not name.lower().endswith(("envelope", "envlp", "message", "bizmsg", "payload", "xchg")):
        raise StatementError(f"the file begins with <{name}>; expected a camt.053 statement (Document, BkToCstmrStmt)")
