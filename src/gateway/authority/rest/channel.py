"""``StateChannel`` over HTTP: the contract of ``openapi/authority.yaml``, for any country."""

import base64
import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from gateway.authority.errors import AuthorityRefusedError, OutcomeUnknownError
from gateway.authority.protocol import (
    Advice,
    AdviceLinePage,
    Document,
    FilingStanding,
    LinePage,
    Notice,
    NoticePayments,
    RawAnswer,
    Reception,
    ServiceLimits,
)
from gateway.authority.rest import answers, wire
from gateway.authority.rest.read import Json, UnreadableAnswerError, mapping
from gateway.authority.rest.transport import Transport
from gateway.kit.period import Period

LINES_PER_PAGE = 10_000
GROUPED = "application/vnd.authority.grouped+json"
"""What a state may answer instead of lines one by one: what it says once, and of which lines; a seventh of the octets."""
_ADVICES_PER_PAGE = 1_000
_PIECE = 1 << 18
_MOST_PAGES = 100_000
"""A list that goes on longer goes in circles."""

T = TypeVar("T")


class RestChannel:
    """Speaks to one state."""

    def __init__(
        self, transport: Transport, *, document_kinds: Mapping[str, str], lines_per_page: int = LINES_PER_PAGE
    ) -> None:
        self._transport = transport
        self._kinds = document_kinds
        self._lines_per_page = lines_per_page

    def limits(self) -> ServiceLimits:
        """Ask what the state takes today."""
        return self._get("limits", {}, answers.service_limits)

    def submit(self, document: Document, chunks: Iterable[bytes]) -> Reception:
        """Send a file; the answer must be about this file and these bytes, else nobody knows what the state took."""
        params = {
            "kind": document.kind,
            "employer": document.employer,
            "period": str(document.period),
            "part": str(document.part),
            "of": str(document.part_count),
        }
        if document.payroll is not None:
            params["payroll"] = document.payroll
        if document.group is not None:
            params["group"] = str(document.group)
        content, raw = self._transport.put(f"filings/{document.reference}", params, _headers(document), _pieces(chunks))
        reception = _understand(content, raw, answers.reception)
        if reception.reference != document.reference or reception.content_sha256 != document.sha256:
            raise OutcomeUnknownError("the state's reception is of another file than the one sent", raw=raw)
        return reception

    def query(self, reference: uuid.UUID) -> FilingStanding | None:
        """Ask what became of a file; only the code ``filing_not_found`` proves that it never arrived."""
        try:
            standing = self._get(f"filings/{reference}", {}, answers.standing)
        except AuthorityRefusedError as refusal:
            if refusal.http_status == 404 and refusal.their_code == "filing_not_found":
                return None
            raise OutcomeUnknownError(
                f"the state would not say what became of {reference}: {refusal.detail}", raw=refusal.raw
            ) from refusal
        if standing.reference != reference:
            raise OutcomeUnknownError(f"asked about {reference}, told about {standing.reference}", raw=standing.raw)
        return standing

    def lines(self, reference: uuid.UUID) -> Iterator[LinePage]:
        """Give the answer line by line, page by page."""

        def read(value: Json, raw: RawAnswer) -> LinePage:
            page = answers.line_page(value, raw, self._kinds)
            if page.reference != reference:
                raise UnreadableAnswerError(f"asked about {reference}, told about {page.reference}")
            return page

        params = {"limit": str(self._lines_per_page)}
        path = f"filings/{reference}/lines"
        yield from self._pages(path, params, read, lambda page: page.next_cursor, wire.page, GROUPED)

    def notices(self, employer: str, period: Period, payroll: str | None = None) -> list[Notice]:
        """Give the bills of a month, newest first."""
        params = {"employer": employer, "period": str(period)}
        if payroll is not None:
            params["payroll"] = payroll
        return self._get("notices", params, answers.notices)

    def notice(self, reference: str) -> Notice:
        """Give one bill as it stands today."""
        return self._get(f"notices/{_part(reference)}", {}, answers.notice)

    def payments(self, reference: str) -> NoticePayments:
        """Give what the state received for a bill."""
        return self._get(f"notices/{_part(reference)}/payments", {}, answers.notice_payments)

    def remittances(self, since: dt.datetime | None = None, employer: str | None = None) -> Iterator[Advice]:
        """Give the advices since an instant, inclusive."""
        params = {"limit": str(_ADVICES_PER_PAGE)}
        if since is not None:
            params["since"] = since.isoformat()
        if employer is not None:
            params["employer"] = employer
        for advices, _ in self._pages("remittances", params, answers.advice_page, lambda page: page[1]):
            yield from advices

    def remittance(self, remittance_id: str) -> Advice:
        """Give one advice as it stands today."""
        return self._get(f"remittances/{_part(remittance_id)}", {}, answers.advice)

    def remittance_lines(self, remittance_id: str) -> Iterator[AdviceLinePage]:
        """Give the lines of an advice, page by page."""

        def read(value: Json, raw: RawAnswer) -> AdviceLinePage:
            page = answers.advice_line_page(value, raw, self._kinds)
            if page.remittance_id != remittance_id:
                raise UnreadableAnswerError(f"asked about {remittance_id}, told about {page.remittance_id}")
            return page

        params = {"limit": str(self._lines_per_page)}
        path = f"remittances/{_part(remittance_id)}/lines"
        yield from self._pages(path, params, read, lambda page: page.next_cursor)

    def close(self) -> None:
        """Let go of the connections."""
        self._transport.close()

    def _get(
        self,
        path: str,
        params: Mapping[str, str],
        read: Callable[[Json, RawAnswer], T],
        short_way: Callable[[bytes], Any] | None = None,
        accept: str | None = None,
    ) -> T:
        content, raw = self._transport.get(path, params, short_way, accept)
        return _understand(content, raw, read)

    def _pages(
        self,
        path: str,
        params: Mapping[str, str],
        read: Callable[[Json, RawAnswer], T],
        cursor_of: Callable[[T], str | None],
        short_way: Callable[[bytes], Any] | None = None,
        accept: str | None = None,
    ) -> Iterator[T]:
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = self._get(path, {**params, "cursor": cursor} if cursor else params, read, short_way, accept)
            yield page
            following = cursor_of(page)
            if following is None:
                return
            if following == cursor:
                break
            cursor = following
        raise OutcomeUnknownError(f"{path}: the state's pages have no end")


def _understand(content: object, raw: RawAnswer, read: Callable[[Json, RawAnswer], T]) -> T:
    try:
        return read(mapping(content, "the answer"), raw)
    except UnreadableAnswerError as problem:
        raise OutcomeUnknownError(
            f"{raw.method} {raw.url}: the answer is not as agreed: {problem}", raw=raw
        ) from problem


def _headers(document: Document) -> dict[str, str]:
    digest = base64.b64encode(bytes.fromhex(document.sha256)).decode()
    headers = {
        "Content-Type": document.media_type,
        "Content-Digest": f"sha-256=:{digest}:",
        "Idempotency-Key": f'"{document.reference}"',
    }
    if document.size is not None:
        headers["Content-Length"] = str(document.size)
    return headers


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass the chunks on in pieces, so that a body of any size is never held twice."""
    for chunk in chunks:
        view = memoryview(chunk)
        for start in range(0, len(view), _PIECE):
            yield bytes(view[start : start + _PIECE])


def _part(text: str) -> str:
    return quote(text, safe="")
