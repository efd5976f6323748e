"""What can go wrong with a bank's file or a payer: unreadable, surely not done, refused, or nobody knows."""

from gateway.bank.protocol import RawAnswer
from gateway.kit.errors import GatewayError, MalformedError, UnavailableError


class StatementError(MalformedError):
    """A file that is no statement we can read; nothing of it was used."""

    code = "statement_unreadable"
    title = "The bank's file could not be read"

    def __init__(self, detail: str, *, format: str | None = None, place: str = "") -> None:  # noqa: A002 - the name that `statement read` prints it under
        super().__init__(detail)
        self.format = format
        """What it is, as far as it could be told: ``camt.052.001.08``, ``mt940``."""
        self.place = place
        """Where in the file, if anywhere in particular."""


class NotAStatementError(StatementError):
    """A whole file that can be read and is something else, or holds no statement."""

    code = "not_a_statement"
    title = "The file is not a bank statement"


class IntradayReportError(NotAStatementError):
    """A report within the day, whose content may still change."""

    code = "intraday_report"
    title = "A report within the day is not a statement"


class MappingError(MalformedError):
    """A mapping that does not say how a bank's table is to be read."""

    code = "mapping_invalid"
    title = "The mapping cannot be used"


class PaymentOrderError(MalformedError):
    """A payment order that a bank would refuse."""

    code = "payment_order_invalid"
    title = "The payment order cannot be written"


class PayerUnavailableError(UnavailableError):
    """The payer could not be reached or would not take it now. Surely not done: the same may be sent again."""

    code = "payer_unavailable"
    title = "The payer cannot be reached now"

    def __init__(
        self,
        detail: str,
        *,
        their_code: str | None = None,
        retry_after_seconds: float | None = None,
        raw: RawAnswer | None = None,
    ) -> None:
        super().__init__(detail)
        self.their_code = their_code
        self.retry_after_seconds = retry_after_seconds
        self.raw = raw


class PayerRefusedError(GatewayError):
    """The payer refused; the same request would be refused again."""

    code = "payer_refused"
    title = "The payer refused"
    status = 502

    def __init__(
        self, detail: str, *, their_code: str, http_status: int | None = None, raw: RawAnswer | None = None
    ) -> None:
        super().__init__(detail)
        self.their_code = their_code
        """``errorCategory/errorCode``, as it came."""
        self.http_status = http_status
        self.raw = raw


class PayerOutcomeUnknownError(GatewayError):
    """Whether the payer did it is not known. Ask by our id; never send again blindly, never call it failed."""

    code = "payer_outcome_unknown"
    title = "What the payer did is not known yet"
    status = 502

    def __init__(self, detail: str, *, raw: RawAnswer | None = None) -> None:
        super().__init__(detail, outcome="unknown")
        self.raw = raw
