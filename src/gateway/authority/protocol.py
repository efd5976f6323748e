"""What the gateway asks of any state, whatever its files and its interface look like.

Amounts are integers in minor units. Documents and pages are streamed: nothing here needs a whole filing in memory.
Each answer carries ``raw``, the answer byte for byte, so that the caller can keep it as evidence before using it.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple, Protocol, overload

from gateway.kit.period import Period


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One call and what came back, as it came: evidence."""

    method: str
    url: str
    status: int | None
    """HTTP status; None if no complete answer came."""
    headers: Mapping[str, str]
    body: bytes
    started_at: dt.datetime
    finished_at: dt.datetime
    problem: str | None = None
    """Why the answer could not be used, if it could not."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a file, a line or a person to be declared."""

    code: str
    """The state's own code for it, for example ``101``."""
    message: str
    """What was found, what was expected, what to do."""
    field: str | None = None
    line: int | None = None
    """Line of the file, the header being 1; None for a person not written to a file yet."""
    column: int | None = None
    """First wrong character, counted from 1."""

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        names = ("line", "column", "field", "code", "message")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """What one of the state's codes asks of us."""

    code: str
    category: str
    """``accepted``, ``mend_data``, ``ask_member``, ``ask_state`` or ``try_again``."""
    role: str
    """Who acts: ``filing_officer``, ``cashier``, ``accountant``, ``benefits_officer``, ``manager``, ``nobody``."""
    fix: str
    """What to do, in English."""
    meaning: Mapping[str, str]
    """What it means, by language: ``es``, ``fr``, ``en``."""
    known: bool = True
    """False for a code that is not in our table and is shown as it came."""
    fixes: Mapping[str, str] = field(default_factory=dict)
    """What to do, by language; one that is missing is told in English."""

    def meaning_in(self, language: str) -> str:
        """Return what it means in a language, in English where nobody wrote it in that."""
        return self.meaning.get(language) or self.meaning.get("en", self.code)

    def fix_in(self, language: str) -> str:
        """Return what to do in a language, in English where nobody wrote it in that."""
        return self.fixes.get(language, self.fix)


# What is declared -----------------------------------------------------------------------------------------------


class DeclaredWorker(NamedTuple):
    """One worker in one payroll, as the mutual means it. A tuple: a filing has a million of them."""

    payroll: str
    document_kind: str
    """``national_id``, ``social_security`` or ``passport``."""
    document: str
    given_names: str
    """As the mutual writes them; the format transliterates."""
    first_surname: str
    second_surname: str
    sex: str
    birth_date: dt.date | None
    wage_minor: int
    voluntary_minor: int = 0
    tax_wage_minor: int = 0
    """0 lets the state copy the wage."""
    other_pay_minor: int = 0
    withholding_agent: str = ""
    other_employers_minor: int = 0
    exempt_minor: int = 0
    balance_minor: int = 0
    training_wage_minor: int = 0
    """Base of the training levy; 0 lets the state copy the wage."""
    income_type: str = ""
    """Blank lets the state take its usual one."""
    exempt_blocks: tuple[tuple[str, int], ...] = ()
    """Code and amount, for the editions that know them."""
    components: tuple[tuple[str, int], ...] = ()
    """What the month costs by component, as it was assessed; given where ``FormatLimits.carries_amounts``."""


_USUAL = tuple(DeclaredWorker._field_defaults.values())


def declared_workers(payroll: str, people: Iterable[tuple[Any, ...]]) -> list[DeclaredWorker]:
    """Return many workers at once from tuples of their values, from the document's kind to the wage; all else as usual."""
    new = tuple.__new__
    return [new(DeclaredWorker, (payroll, *person, *_USUAL)) for person in people]


class DeclaredDependant(NamedTuple):
    """One additional dependant to add to a holder or take away."""

    payroll: str
    holder_document_kind: str
    holder_document: str
    event: str
    """``add`` or ``remove``."""
    document_kind: str
    document: str
    given_names: str
    first_surname: str
    second_surname: str


@dataclass(frozen=True, slots=True)
class FilingHead:
    """What a filing's files have in common."""

    employer: str
    period: Period
    written_on: dt.date
    """Decides which edition of the layout is in force."""
    worker_count: int
    """How many workers the iterable will give; it is checked while they are written."""
    dependant_count: int = 0
    max_lines_per_file: int | None = None
    """All lines, header and summary included; None takes the format's own limit."""
    number_from: int = 1
    """``line_no`` of the first worker."""


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One whole file. Its ``chunks`` must be used up before the next file is asked for."""

    kind: str
    part: int
    part_count: int
    file_name: str
    media_type: str
    line_count: int
    """Detail lines, without header and summary."""
    first_line_no: int
    """Number of the first worker (or dependant) in this file, counted over all files of its kind."""
    chunks: Iterator[bytes]
    head_lines: int = 0
    """Lines of the file before the first that declares somebody."""


class LaidField(NamedTuple):
    """One field of a written line: what it is called, where it stands, and what stands there."""

    name: str
    start: int
    """Position of its first character, from 1."""
    text: str
    """As written, blanks included."""
    is_verified: bool
    """False where its place or form has one source or none."""


@dataclass(frozen=True, slots=True)
class FormatLimits:
    """What the format itself can hold."""

    max_lines_per_file: int
    """All lines, header and summary included."""
    kinds: tuple[str, ...]
    is_all_or_nothing: bool = False
    """True where one bad line keeps a whole file from being taken."""
    carries_amounts: bool = False
    """True where a line says what is paid by component, so that the writer needs what was assessed."""
    tells: frozenset[str] = frozenset({"workers"})
    """Of whom the state is told, ``workers`` and ``dependants``; of dependants nothing is filed where they are not named.
    Movements are told where the folder has ``movements.py``."""


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What the state would answer to a file, as far as the file alone can tell."""

    kind: str | None
    employer: str | None
    period: str | None
    lines: int
    """Detail lines."""
    accepted: int
    rejected: int
    status: str
    """The state's own word, ``P`` or ``R`` in the Dominican Republic."""
    code: str
    wage_total_minor: int
    """Sum of the wages of the lines that would be accepted."""
    findings: tuple[Finding, ...] = ()
    findings_left_out: int = 0
    """How many more there are than were asked for."""
    is_readable: bool = True
    """False where nothing in it looks like a file of this state's."""
    remarks: tuple[Finding, ...] = ()
    """What is to be compared with paper before the file is sent, and of which the file alone proves nothing: no finding,
    and no part of what ``--json`` prints."""

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "kind": self.kind,
            "employer": self.employer,
            "period": self.period,
            "lines": self.lines,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "status": self.status,
            "code": self.code,
            "findings": [finding.as_dict() for finding in self.findings],
            "wage_total_minor": self.wage_total_minor,
        }


class StateFormat(Protocol):
    """How one state wants its files written. Pure: no network, no clock."""

    @property
    def country(self) -> str:
        """ISO 3166-1 alpha-2, lower case."""
        ...

    @property
    def limits(self) -> FormatLimits:
        """What the format itself can hold; the state may allow less today."""
        ...

    def check(self, worker: DeclaredWorker) -> list[Finding]:
        """Say why the state would refuse this worker's line; empty if nothing is seen to be wrong."""
        ...

    def are_good(self, workers: Sequence[DeclaredWorker]) -> bool:
        """Tell quickly that ``check`` finds nothing of any of these; False says only that each must be looked at."""
        ...

    def check_dependant(self, dependant: DeclaredDependant) -> list[Finding]:
        """Say why the state would refuse this dependant's line."""
        ...

    def render(
        self, head: FilingHead, workers: Iterable[DeclaredWorker], dependants: Iterable[DeclaredDependant] = ()
    ) -> Iterator[RenderedFile]:
        """Write the files of a filing, one after the other, at flat memory.

        Raises:
            UnrenderableError: A person cannot be written, or there are not as many as the head says.
        """
        ...

    def check_file(
        self,
        file: BinaryIO,
        *,
        max_findings: int = 10_000,
        language: str = "en",
        today: dt.date | None = None,
        register: BinaryIO | None = None,
        more: Callable[[Finding], None] | None = None,
    ) -> FileVerdict:
        """Read any file of this state's and say what the state would answer to it.

        Args:
            file: At its beginning.
            max_findings: How many findings the verdict keeps; the others are counted.
            language: Of the findings' sentences, ``es``, ``fr`` or ``en``.
            today: The day it would be sent, for rules that look at one; None looks at none.
            register: A file of persons the state knows, where the format can make use of one.
            more: Called with every finding beyond those that are kept, in their order.
        """
        ...

    def lay_out(self, kind: str, line: str, on: dt.date) -> list[LaidField]:
        """Return the fields of one line of a file in the layout of a day; characters that no field holds come last.

        Args:
            kind: Of the file, as ``RenderedFile`` has it.
            line: Without its end.
            on: The day it was written.
        """
        ...

    def codes(self) -> Iterable[CodeMeaning]:
        """Give every code of the state's that we know."""
        ...

    def explain(self, code: str) -> CodeMeaning:
        """Say what a code of the state's means; an unknown code is explained as one to ask the state about."""
        ...


# What the state answers -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LayoutEdition:
    """A layout the state takes today."""

    kind: str
    edition: str
    detail_lengths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """What the state takes today."""

    country: str
    currency: str
    business_date: dt.date
    kinds: tuple[str, ...]
    max_lines_per_file: int
    max_page_size: int
    layouts: tuple[LayoutEdition, ...]
    raw: RawAnswer = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Document:
    """A frozen file, ready to go: who it is for and what its bytes are known by."""

    reference: uuid.UUID
    """Our id of this file, committed before any byte leaves."""
    kind: str
    employer: str
    period: Period
    sha256: str
    """Hexadecimal, over the whole body."""
    size: int | None = None
    """Octets, if known."""
    media_type: str = "application/octet-stream"
    payroll: str | None = None
    group: uuid.UUID | None = None
    """The same for all parts of one kind; None for a filing of one file."""
    part: int = 1
    part_count: int = 1


@dataclass(frozen=True, slots=True)
class Reception:
    """The state has the file. It says nothing of its content."""

    reference: uuid.UUID
    reception_number: str
    received_at: dt.datetime
    content_sha256: str
    duplicate: bool
    """The state had it already before this call."""
    warnings: tuple[Finding, ...]
    raw: RawAnswer = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Counts:
    """Detail lines, over all pages. ``accepted`` includes those accepted with a change."""

    lines: int
    accepted: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Control totals, over all pages."""

    currency: str
    declared_wage_minor: int
    accepted_wage_minor: int
    billed_minor: int


@dataclass(frozen=True, slots=True)
class FilingStanding:
    """A file as the state holds it."""

    reference: uuid.UUID
    reception_number: str
    kind: str
    employer: str
    period: Period
    payrolls: tuple[str, ...]
    part: int
    part_count: int
    status: str
    """``received``, ``processing``, ``accepted``, ``partly_accepted``, ``rejected``; or a word we do not know."""
    state_status: str | None
    code: str | None
    message: str | None
    counts: Counts
    totals: Totals
    content_sha256: str
    received_at: dt.datetime
    answered_at: dt.datetime | None
    errors: tuple[Finding, ...]
    raw: RawAnswer = field(repr=False, compare=False)

    @property
    def is_answered(self) -> bool:
        """Tell whether the state has decided."""
        return self.status in ("accepted", "partly_accepted", "rejected")

    @property
    def is_refused_whole(self) -> bool:
        """Tell whether no line of the file was taken because of errors in some or in the file: no line is answered."""
        return self.status == "rejected" and self.counts.accepted == 0 and bool(self.errors)

    def line_errors(self) -> dict[int, tuple[str, str]]:
        """Return code and words of the first error of each line that has one, by line of the file."""
        found: dict[int, tuple[str, str]] = {}
        for error in self.errors:
            if error.line is not None:
                found.setdefault(error.line, (error.code, error.message))
        return found


class AnsweredLine(NamedTuple):
    """The state's answer to one line. A tuple: a filing has a million of them."""

    line: int
    """Line of the file, the first line of the file being 1."""
    payroll: str
    document_kind: str
    """Ours (``national_id``, …) where the state's letter is known, else the letter."""
    document: str
    status: str
    """``accepted``, ``rejected``, ``accepted_with_change``; or a word we do not know."""
    code: str
    message: str
    declared_wage_minor: int
    accepted_wage_minor: int
    additional_dependants: int
    components: tuple[tuple[str, int], ...]
    """Code and amount, in the state's order."""
    amount_minor: int
    """What this line adds to the notice."""


class GroupedLines(Sequence[AnsweredLine]):
    """The lines of a page by what is said of them: what is the same of many is held once, and a line is made when it is looked at."""

    __slots__ = ("documents", "numbers", "of", "said")

    def __init__(
        self, said: Sequence[AnsweredLine], numbers: Sequence[int], documents: Sequence[str], of: Sequence[int]
    ) -> None:
        """Hold lines.

        Args:
            said: What is said of lines, each once; its number and its document are nobody's.
            numbers: The lines' numbers.
            documents: Their documents, as many.
            of: For each the place, in ``said``, of what is said of it.
        """
        self.said, self.numbers, self.documents, self.of = said, numbers, documents, of

    @classmethod
    def grouped(cls, lines: Sequence[AnsweredLine]) -> "GroupedLines":
        """Return lines by what is said of them."""
        if isinstance(lines, cls):
            return lines
        known: dict[tuple[Any, ...], int] = {}
        of = [known.setdefault((*line[1:3], *line[4:]), len(known)) for line in lines]
        said = [AnsweredLine._make((0, *one[:2], "", *one[2:])) for one in known]
        return cls(said, [line.line for line in lines], [line.document for line in lines], of)

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> AnsweredLine: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[AnsweredLine, ...]: ...
    def __getitem__(self, index: int | slice) -> AnsweredLine | tuple[AnsweredLine, ...]:
        if isinstance(index, slice):
            return tuple(map(self._line, range(*index.indices(len(self)))))
        return self._line(range(len(self))[index])

    def _line(self, at: int) -> AnsweredLine:
        return self.said[self.of[at]]._replace(line=self.numbers[at], document=self.documents[at])


@dataclass(frozen=True, slots=True)
class LinePage:
    """One page of answers; repeats what it belongs to, so that a mixed-up answer shows."""

    reference: uuid.UUID
    reception_number: str
    kind: str
    employer: str
    period: Period
    counts: Counts
    totals: Totals
    lines: Sequence[AnsweredLine]
    next_cursor: str | None
    raw: RawAnswer = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class NoticeFiling:
    """What one file adds to a notice."""

    reference: uuid.UUID
    line_count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Notice:
    """The state's bill for one payroll, employer and period."""

    reference: str
    version: int
    """Goes up with every recalculation under this reference."""
    replaces: str | None
    replaced_by: str | None
    employer: str
    period: Period
    payroll: str
    status: str
    """``current``, ``overdue``, ``paid``, ``recalculated``, ``cancelled``; or a word we do not know."""
    issued_on: dt.date
    due_on: dt.date
    currency: str
    line_count: int
    components: tuple[tuple[str, int], ...]
    """Code and amount; adjustments and credits may be below zero."""
    total_minor: int
    filings: tuple[NoticeFiling, ...]
    paid_minor: int
    raw: RawAnswer = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class NoticePayment:
    """One payment the state has seen."""

    payment_id: str
    amount_minor: int
    currency: str
    paid_on: dt.date
    authorisation: str
    status: str
    """``received``, ``confirmed``, ``refused``; or a word we do not know."""
    confirmed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class NoticePayments:
    """What the state received for a notice."""

    reference: str
    employer: str
    period: Period
    status: str
    currency: str
    total_minor: int
    paid_minor: int
    payments: tuple[NoticePayment, ...]
    raw: RawAnswer = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Advice:
    """Benefits on their way to us."""

    remittance_id: str
    employer: str
    currency: str
    status: str
    """``advised``, ``paid``; or a word we do not know."""
    advised_at: dt.datetime
    paid_on: dt.date | None
    line_count: int
    total_minor: int
    by_benefit: tuple[tuple[str, int, int], ...]
    """Benefit, lines, amount."""
    end_to_end_id: str
    """Stands on the bank transfer that brings the money."""
    bank_reference: str | None
    account: str
    raw: RawAnswer = field(repr=False, compare=False)
    """The page it stood on."""


class AdviceLine(NamedTuple):
    """One benefit of one holder."""

    line: int
    holder_document_kind: str
    holder_document: str
    benefit: str
    claim_reference: str
    period: Period
    amount_minor: int
    instalment: int
    instalment_count: int


@dataclass(frozen=True, slots=True)
class AdviceLinePage:
    """One page of an advice's lines."""

    remittance_id: str
    employer: str
    currency: str
    line_count: int
    total_minor: int
    lines: tuple[AdviceLine, ...]
    next_cursor: str | None
    raw: RawAnswer = field(repr=False, compare=False)


class StateChannel(Protocol):
    """How one state is spoken to. Every method may raise the three errors of ``authority.errors``."""

    def limits(self) -> ServiceLimits:
        """Ask what the state takes today."""
        ...

    def submit(self, document: Document, chunks: Iterable[bytes]) -> Reception:
        """Send a file. Sending it again under the same reference is safe.

        Raises:
            AuthorityUnavailableError: Surely not done; send the same again later.
            AuthorityRefusedError: Refused; the same will be refused again.
            OutcomeUnknownError: Nobody knows; ask by ``query``, do not send again blindly.
        """
        ...

    def query(self, reference: uuid.UUID) -> FilingStanding | None:
        """Ask what became of a file; None only where the state proves that it never arrived."""
        ...

    def lines(self, reference: uuid.UUID) -> Iterator[LinePage]:
        """Give the answer line by line, page by page, in the order of the file."""
        ...

    def notices(self, employer: str, period: Period, payroll: str | None = None) -> list[Notice]:
        """Give the bills of a month, newest first; empty if none was issued yet."""
        ...

    def notice(self, reference: str) -> Notice:
        """Give one bill as it stands today."""
        ...

    def payments(self, reference: str) -> NoticePayments:
        """Give what the state received for a bill."""
        ...

    def remittances(self, since: dt.datetime | None = None, employer: str | None = None) -> Iterator[Advice]:
        """Give the advices since an instant, inclusive, in the order they were advised."""
        ...

    def remittance(self, remittance_id: str) -> Advice:
        """Give one advice as it stands today."""
        ...

    def remittance_lines(self, remittance_id: str) -> Iterator[AdviceLinePage]:
        """Give the lines of an advice, page by page."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...
