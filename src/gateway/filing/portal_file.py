"""Read a portal's answer file: JSON in the shape of the state's interface, or a table with a line a row. Pure.

Every mistake is gathered and named by line and column (a table) or by JSON Pointer, so that a file is mended in one go.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.authority.portal import ACCEPTED_CODES
from gateway.filing.errors import PortalAnswerError
from gateway.kit.errors import FieldProblem, GatewayError
from gateway.kit.money import Currency, parse_amount
from gateway.kit.tabular import read_amount, read_table

ACCEPTED, CHANGED, REJECTED = "accepted", "accepted_with_change", "rejected"
_WORDS = {
    ACCEPTED: ACCEPTED, "aceptada": ACCEPTED, "aceptado": ACCEPTED, "ok": ACCEPTED, "p": ACCEPTED, "accepte": ACCEPTED,
    "acceptee": ACCEPTED, CHANGED: CHANGED, "changed": CHANGED, REJECTED: REJECTED, "rechazada": REJECTED,
    "rechazado": REJECTED, "r": REJECTED, "error": REJECTED, "rejete": REJECTED, "rejetee": REJECTED,
}  # fmt: skip
COLUMNS = {
    "line": ("linea", "no linea", "numero de linea", "registro", "ligne", "line number", "no"),
    "document": ("documento", "cedula", "no documento", "numero de documento", "identification", "document number"),
    "code": ("codigo", "codigo error", "error", "codigo de error", "status code"),
    "status": ("estado", "estatus", "resultado", "statut", "result"),
    "message": ("mensaje", "descripcion", "detalle", "motivo", "message", "description"),
    "accepted_wage": ("salario aceptado", "salaire accepte", "accepted wage"),
    "amount": ("monto", "importe", "total", "montant", "billed"),
}
_MOST_PROBLEMS = 1000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the portal says of one line."""

    where: str
    """Where it stands in the answer file."""
    line: int | None
    """Line of our file, its first line being 1."""
    document: str | None
    status: str
    code: str
    message: str
    accepted_wage_minor: int | None
    """None where the portal does not say it: as declared."""
    amount_minor: int | None
    """None where the portal does not say it: as we reckon."""


@dataclass(slots=True)
class PortalAnswer:
    """A whole answer file, read."""

    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[FieldProblem] = field(default_factory=list)
    code: str | None = None
    """For the file as a whole, where the file says it."""
    message: str | None = None
    reception_number: str | None = None
    controls: dict[str, int] = field(default_factory=dict)
    """Its own counts and totals, by name, where it has any: what was read must come to them."""
    refused_whole: list[tuple[int | None, int | None, str, str]] | None = None
    """Line, column, code and words of what made the state refuse the whole file; None where it did not."""

    def note(self, where: str, code: str, detail: str) -> None:
        """Gather a mistake."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(FieldProblem(where, code, detail))

    def check(self) -> None:
        """Refuse a file with mistakes.

        Raises:
            PortalAnswerError: It has some; all are named.
        """
        if self.problems:
            first = self.problems[0]
            raise PortalAnswerError(f"{first.pointer}: {first.detail}", errors=self.problems)


def read_answer(body: bytes, file_name: str, currency: Currency) -> PortalAnswer:
    """Read an answer file, by its content, whatever its name; mistakes are gathered, not raised.

    Raises:
        PortalAnswerError: It is neither JSON nor a table.
        FileUnreadableError: The table cannot be opened.
    """
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _Json(currency).read(body)
    return _read_rows(body, file_name, currency)


def _read_rows(body: bytes, file_name: str, currency: Currency) -> PortalAnswer:
    answer = PortalAnswer()
    table = read_table(body, file_name, COLUMNS, required=("code",))
    names = table.header.places
    if "line" not in names and "document" not in names:
        answer.note(
            "line 1", "column_missing", "a column with the line or with the document is needed, beside the code"
        )
        return answer
    for row in table.rows:
        at = f"line {row.row_no}"
        if row.problem is not None:
            answer.problems.append(row.problem)
            continue
        cells = row.fields
        if not any(cells.values()):
            continue

        def place(name: str, at: str = at) -> str:
            return f"{at}, column {table.header.label(name)}"

        line = _line_number(answer, cells.get("line", ""), place("line") if "line" in names else at)
        document = cells.get("document") or None
        if line is None and document is None:
            if not cells.get("line"):
                answer.note(at, "line_or_document", "the row names neither a line nor a document")
            continue
        code = cells["code"].removesuffix(".0")
        status = _status(answer, cells.get("status", ""), code, place("status") if "status" in names else at)
        amounts = {name: _cell_amount(answer, cells.get(name, ""), currency, place, name) for name in _AMOUNTS}
        if status is not None:
            message = cells.get("message", "")
            wage, amount = amounts["accepted_wage"], amounts["amount"]
            answer.verdicts.append(Verdict(at, line, document, status, code or "0", message, wage, amount))
    return answer


_AMOUNTS = ("accepted_wage", "amount")


def _cell_amount(answer: PortalAnswer, text: str, currency: Currency, place: Any, name: str) -> int | None:
    if not text:
        return None
    try:
        return int(read_amount(text, currency))
    except GatewayError as error:
        answer.note(place(name), error.code, error.detail)
        return None


def _line_number(answer: PortalAnswer, text: str, place: str) -> int | None:
    if not text:
        return None
    bare = text.removesuffix(".0")
    if not bare.isascii() or not bare.isdigit() or int(bare) < 1 or len(bare) > 7:
        answer.note(place, "line_number", f"{text[:40]!r} is no line of the file; expected a number from 1 on")
        return None
    return int(bare)


def _status(answer: PortalAnswer, text: str, code: str, place: str) -> str | None:
    is_good = code in ACCEPTED_CODES
    if not text:
        return ACCEPTED if is_good else REJECTED
    status = _WORDS.get(text.strip().lower())
    if status is None:
        answer.note(place, "status_unknown", f"{text[:40]!r} is no status; expected accepted or rejected")
    elif (status == REJECTED) == is_good:
        answer.note(place, "status_contradicts", f"{text[:40]!r} with the code {code or '0'!r}: one of them is wrong")
        return None
    return status


class _Json:
    """Reads pages of line results, or a refusal of the whole file."""

    def __init__(self, currency: Currency) -> None:
        self.currency = currency
        self.answer = PortalAnswer()

    def read(self, body: bytes) -> PortalAnswer:
        try:
            given = json.loads(body.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise PortalAnswerError(f"byte {error.start} is no UTF-8; save the answer as UTF-8") from error
        except json.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            problem = FieldProblem(where, "not_json", error.msg)
            raise PortalAnswerError(f"{where}: {error.msg}", errors=[problem]) from error
        pages = (
            given
            if isinstance(given, list) and all(isinstance(one, dict) and "lines" in one for one in given)
            else [given]
        )
        for place, page in enumerate(pages):
            self._page(page, f"/{place}" if pages is given else "")
        return self.answer

    def _page(self, page: Any, at: str) -> None:
        if isinstance(page, list):
            page = {"lines": page}
        if not isinstance(page, dict):
            self.answer.note(at or "/", "not_an_object", "expected an object with lines, or a list of them")
            return
        for name in ("code", "message", "reception_number"):
            value = page.get(name)
            if isinstance(value, str) and value:
                setattr(self.answer, name, value)
        self._controls(page, at)
        lines = page.get("lines")
        if isinstance(lines, list):
            for place, line in enumerate(lines):
                self._line(line, f"{at}/lines/{place}")
        elif page.get("status") == REJECTED:
            self.answer.refused_whole = list(self._errors(page))
        else:
            self.answer.note(f"{at}/lines", "lines_missing", "expected a list of line results")

    def _controls(self, page: Mapping[str, Any], at: str) -> None:
        counts, totals = page.get("counts"), page.get("totals")
        if isinstance(counts, dict):
            for name in ("lines", "accepted", "rejected"):
                if type(value := counts.get(name)) is int:
                    self.answer.controls[name] = value
        if isinstance(totals, dict):
            for name in ("accepted_wage", "billed"):
                value = self._amount(totals, name, f"{at}/totals")
                if value is not None:
                    self.answer.controls[name] = value

    def _errors(self, page: Mapping[str, Any]) -> Iterator[tuple[int | None, int | None, str, str]]:
        for error in page.get("errors") or [{}]:
            found = error if isinstance(error, dict) else {}
            numbers = [value if type(value := found.get(name)) is int else None for name in ("line", "column")]
            code = str(found.get("code") or page.get("code") or "")
            yield numbers[0], numbers[1], code, str(found.get("message") or page.get("message") or "")

    def _line(self, line: Any, at: str) -> None:
        if not isinstance(line, dict):
            self.answer.note(at, "not_an_object", "expected one line's result")
            return
        number, document, code = line.get("line"), line.get("document"), line.get("code")
        if number is not None and (type(number) is not int or number < 1):
            self.answer.note(
                f"{at}/line", "line_number", f"{number!r} is no line of the file; expected a number from 1 on"
            )
            return
        if document is not None and not isinstance(document, str):
            self.answer.note(f"{at}/document", "document", "expected a text")
            return
        if number is None and not document:
            self.answer.note(at, "line_or_document", "it names neither a line nor a document")
            return
        if not isinstance(code, str):
            self.answer.note(f"{at}/code", "code_missing", "expected the state's code as a text; 0 is accepted")
            return
        status = _status(self.answer, str(line.get("status") or ""), code, f"{at}/status")
        amounts = {name: self._amount(line, name, at) for name in _AMOUNTS}
        if status is not None:
            self.answer.verdicts.append(
                Verdict(
                    where=at,
                    line=number,
                    document=document or None,
                    status=status,
                    code=code or "0",
                    message=str(line.get("message") or ""),
                    accepted_wage_minor=amounts["accepted_wage"],
                    amount_minor=amounts["amount"],
                )
            )

    def _amount(self, line: Mapping[str, Any], name: str, at: str) -> int | None:
        given = line.get(name)
        if given is None:
            return None
        try:
            return parse_amount(given, self.currency)
        except GatewayError as error:
            self.answer.note(f"{at}/{name}", error.code, error.detail)
            return None
