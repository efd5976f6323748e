"""``filing``: prepare, seal, submit; take the frozen files out; trace a line. Checking a file stands in ``checking``."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from gateway.cli import filing_portal
from gateway.cli.acting import (
    ApplyOption,
    JsonOption,
    MutualOption,
    acting,
    note,
    print_fields,
    print_json,
    print_table,
    reading,
)
from gateway.cli.checking import check
from gateway.filing import queries
from gateway.filing.evidence import trace
from gateway.filing.models import Filing
from gateway.filing.prepare import prepare as prepare_filing
from gateway.filing.seal import seal as seal_filing
from gateway.filing.states import FilingKind
from gateway.filing.submit import request_submission
from gateway.kit.errors import ConflictError, NotFoundError
from gateway.kit.money import currency_of, format_amount
from gateway.kit.period import Period
from gateway.membership.queries import list_payrolls

FilingArgument = Annotated[int, typer.Argument(help="Number of the filing.", metavar="FILING")]


class PayrollUnclearError(NotFoundError):
    """No payroll has the code, or none was named and there are several."""

    code = "payroll_unclear"
    title = "Which payroll?"


class NoFilesError(NotFoundError):
    """The filing was not sealed."""

    code = "no_files"
    title = "There are no files"


class FileThereError(ConflictError):
    """A file of this name is there with other content."""

    code = "file_there"
    title = "A file is in the way"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="The monthly filing with the state.", no_args_is_help=True)
    group.command("prepare")(prepare)
    group.command("seal")(seal)
    group.command("submit")(submit)
    group.command("file")(file)
    filing_portal.register(group)
    group.command("check")(check)
    group.command("evidence")(evidence)
    app.add_typer(group, name="filing")


def prepare(
    period: Annotated[str, typer.Option(help="The month, YYYY-MM.")],
    payroll: Annotated[str | None, typer.Option(help="Code of the payroll; not needed where there is one.")] = None,
    supplementary: Annotated[bool, typer.Option("--supplementary", help="For late payers and mended lines.")] = False,
    mutual: MutualOption = None,
    as_json: JsonOption = False,
    apply: ApplyOption = False,
) -> None:
    """Make the draft: the decision for every member, whose money pays, and why somebody is not declared."""
    kind = FilingKind.SUPPLEMENTARY if supplementary else FilingKind.MONTHLY
    with acting(mutual, apply=apply) as at:
        payroll_id = _payroll(at.session, payroll)
        known = queries.list_filings(at.session, period=Period.parse(period).start, payroll_id=payroll_id, limit=1000)
        made = prepare_filing(
            at.session, payroll_id=payroll_id, period=Period.parse(period), kind=kind, actor=at.actor, today=at.today
        )
        # A draft that is only shown is gone afterwards, and its number with it.
        is_there = apply or made.id in {one.id for one in known}
        _show(at.session, made, as_json, number=made.id if is_there else None)


def seal(
    filing: FilingArgument, mutual: MutualOption = None, as_json: JsonOption = False, apply: ApplyOption = False
) -> None:
    """Reserve the money and freeze the bytes."""
    with acting(mutual, apply=apply) as at:
        _show(at.session, seal_filing(at.session, filing, actor=at.actor, today=at.today), as_json, number=filing)


def submit(filing: FilingArgument, mutual: MutualOption = None, apply: ApplyOption = False) -> None:
    """Let a sealed filing go to the state; a worker carries it."""
    with acting(mutual, apply=apply) as at:
        request_submission(at.session, filing, actor=at.actor)
        note(f"Filing {filing} goes to the state when a worker takes it up.")


def file(
    filing: FilingArgument,
    to: Annotated[Path, typer.Option(help="Folder to write into.")] = Path(),
    mutual: MutualOption = None,
    apply: ApplyOption = False,
) -> None:
    """Write the frozen files into a folder, to be carried to the state by hand."""
    with reading(mutual) as at:
        status = queries.get_filing(at.session, filing).status
        documents = queries.list_documents(at.session, filing)
        if not documents:
            raise NoFilesError(f"filing {filing} is {status} and has no files; they are made when it is sealed")
        for document in documents:
            target = to / document.file_name
            if apply:
                _write_new(target, queries.read_content(at.session, document.id), document.sha256)
            note(f"{target}: {document.line_count} lines, {document.byte_count} bytes, SHA-256 {document.sha256}")
    if not apply:
        note("Nothing was written; add --apply to do it.")


def evidence(
    filing: FilingArgument,
    line: Annotated[int, typer.Argument(help="Number of the line.", metavar="LINE")],
    mutual: MutualOption = None,
) -> None:
    """Print the whole trace of one filed line, from the receipts that paid for it to the booking of the bill."""
    with reading(mutual) as at:
        print_json(trace(at.session, filing, line))


def _payroll(session: Session, code: str | None) -> int:
    known = list_payrolls(session, limit=1000)
    chosen = [payroll for payroll in known if code is None or payroll.code == code]
    if len(chosen) == 1:
        return chosen[0].id
    if code is not None and known:
        raise PayrollUnclearError(f"there is no payroll {code!r}; known are {', '.join(one.code for one in known)}")
    codes = " | ".join(payroll.code for payroll in known) or "none yet"
    raise PayrollUnclearError(f"say which payroll: --payroll, one of {codes}")


def _show(session: Session, filing: Filing, as_json: bool, *, number: int | None) -> None:
    currency = currency_of(filing.currency)
    amounts = ("wage_minor", "state_minor", "fee_minor", "reserved_minor")
    shown = {
        "filing": number,
        "period": str(Period.of(filing.period_start)),
        "kind": filing.kind,
        "status": filing.status,
        "lines": filing.line_count,
        "not declared": filing.not_funded_count,
        **{name.removesuffix("_minor"): format_amount(getattr(filing, name), currency) for name in amounts},
        "merkle root": filing.merkle_root,
    }
    figures = queries.figures_of(session, filing)
    bill = figures["last_bill"]
    if as_json:
        figures["last_bill"] = None if bill is None else dict(bill._mapping)
        print_json({**{name.replace(" ", "_"): value for name, value in shown.items()}, "figures": figures})
        return
    print_fields(shown)
    reasons = [
        ["declared" if sums["is_funded"] else "not declared", reason, sums["members"]]
        + [format_amount(sums[name], currency) for name in ("needed_minor", "short_minor")]
        for reason, sums in figures["by_reason"].items()
    ]
    print_table(("", "reason", "members", "needed", "short"), reasons)
    print(
        "Since the month before: "
        + (", ".join(f"{count} {what}" for what, count in figures["by_change"].items()) or "nothing")
    )
    if bill is not None:
        print(
            f"Last bill: {Period.of(bill.period_start)}, {format_amount(bill.total_minor, currency)}, due {bill.due_on}"
        )
    for rate in figures["unverified"]:
        print(f"Not verified: {rate['component']} {rate['rate']} ({rate['source']}, read {rate['read_on']})")


def _write_new(path: Path, chunks: Iterable[bytes], sha256: str) -> None:
    if path.exists():
        with path.open("rb") as there:
            if hashlib.file_digest(there, "sha256").hexdigest() != sha256:
                raise FileThereError(f"{path} is there with other content; it is left as it is, choose another folder")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as written:
        written.writelines(chunks)
