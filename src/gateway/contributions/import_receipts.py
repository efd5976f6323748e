"""Receive a file of payments: preview what becomes of each row, then apply, in a fixed number of statements.

A file is kept as evidence and read again when it is applied, so what is applied is what was sent. A row refused in the
preview stays refused. A payment is known by its content and its ordinal among equals, whichever file brings it.
"""

import datetime as dt
import itertools
import json
from dataclasses import replace
from typing import Any, NamedTuple

from psycopg.errors import UniqueViolation
from sqlmodel import Session

from gateway.contributions import import_queries as queries
from gateway.contributions.errors import (
    ReceiptImportAppliedError,
    ReceiptImportRefusedError,
    ReceiptImportUnknownError,
    ReceiptInvalidError,
    ReceiptRunningError,
)
from gateway.contributions.models import Channel, ReceiptImportState
from gateway.contributions.read_receipts import Reading, open_receipts, stage_receipts, who_column
from gateway.contributions.receive import OPENED_AT_FIRST_USE, PLACES, suspense_account
from gateway.kit import audit, bulk, db, evidence, progress, tenant
from gateway.kit.money import CurrencyError, currency_of
from gateway.kit.progress import Progress, Tell, silent
from gateway.kit.tabular import Dialect, write_refused
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.bulk import post_pairs
from gateway.ledger.errors import UnknownAccountError
from gateway.membership.errors import ImportNotLookedAtError

EVIDENCE_KIND = "import.receipts"
SUBJECT = "receipt_import"
"""What long work on a file is called (``kit.progress``)."""
TASK = "contributions.import"
STEPS = {"look": ("read", "relate"), "apply": ("read", "relate", "write")}
"""The steps of looking at a file and of receiving it, in their order."""
LARGE_BYTES, LARGE_ROWS = 200_000, 5_000
"""Larger files take longer than somebody waits for a page: a worker looks at them and receives them."""
WHOLE, GOOD = "all_or_nothing", "good_rows"


class Options(NamedTuple):
    """What holds for every row of a file."""

    channel: str
    account_code: str
    unknown: str = "suspense"
    """What to do with a payer nobody knows: ``suspense`` or ``refuse``."""
    collector: str | None = None
    """For rows that name none."""
    day_first: bool = True
    """Whether 3/7 is the third of July."""


class ImportRow(NamedTuple):
    """An uploaded file and what was found in it."""

    id: int
    file_name: str
    sha256: str
    evidence_id: int
    state: str
    row_count: int
    accept_count: int
    """Rows whose member is known."""
    same_count: int
    """Rows that were received before; they have no effect."""
    suspense_count: int
    refused_count: int
    accept_minor: int
    """Of accepted rows and those for suspense."""
    refused_minor: int
    """Of refused rows whose amount can be read."""
    applied_count: int
    applied_minor: int
    dialect: dict[str, Any]
    options: dict[str, Any]
    created_at: dt.datetime
    created_by: str
    applied_at: dt.datetime | None
    applied_by: str | None


def preview_import(
    session: Session, *, body: bytes, file_name: str, media_type: str, options: Options, actor: str, today: dt.date
) -> ImportRow:
    """Keep a file, read it and say what would become of each row; nothing is received.

    A file that was applied before gives the import it was applied by.

    Raises:
        FileUnreadableError: No table, another encoding, cut off, or a header without the columns.
        ReceiptInvalidError: The account is not one of the channel, or ``unknown`` says neither thing.
        UnknownAccountError: No such bank account.
        CurrencyError: The account is not kept in the mutual's currency.
    """
    import_id = upload(session, body=body, file_name=file_name, media_type=media_type, options=options, actor=actor)
    return look(session, import_id, today=today)


def upload(session: Session, *, body: bytes, file_name: str, media_type: str, options: Options, actor: str) -> int:
    """Keep a file that can be read as a table, to be looked at afterwards; return the import's number.

    A file that was applied before gives the import it was applied by. Raises as ``preview_import``.
    """
    digest = evidence.digest(body)
    applied = db.first(session, queries.APPLIED_IMPORT, {"sha256": digest})
    if applied is not None:
        return int(applied.id)
    _account_of(session, options, tenant.current(session).currency)
    table = open_receipts(body, file_name)
    kept = evidence.find(session, EVIDENCE_KIND, digest) or evidence.keep(
        session, kind=EVIDENCE_KIND, source=actor, media_type=media_type, body=body, about={"file_name": file_name}
    )
    values = {"file_name": file_name, "sha256": digest, "evidence_id": kept, "actor": actor}
    dialect = {**table.dialect.as_json(), "header": list(table.header.names)}
    texts = {"dialect": json.dumps(dialect), "options": json.dumps(options._asdict())}
    return int(db.scalar(session, queries.INSERT_IMPORT, {**values, **texts}))


def look(session: Session, import_id: int, *, today: dt.date, tell: Tell = silent) -> ImportRow:
    """Read a kept file and say what would become of each row; looked at already, it stays as it is.

    Raises:
        ReceiptImportUnknownError: No such import.
        FileUnreadableError: The file is wrong further down, for example cut off.
    """
    db.run(session, queries.LOCK_ONE, {"import_id": import_id})
    found = get_import(session, import_id)
    if found.state != ReceiptImportState.UPLOADED:
        return found
    options, currency = Options(**found.options), tenant.current(session).currency
    values = _stage_again(session, found, options, currency, today, tell)
    counts = queries.Counts(*bulk.one(session, queries.LOOK_AT_ROWS, values))
    refused = db.scalar(session, queries.COUNT_REFUSALS, {"import_id": import_id})
    db.run(session, queries.COUNT_IMPORT, {**counts._asdict(), "refused_count": refused, "import_id": import_id})
    return get_import(session, import_id)


def ask_for(session: Session, import_id: int, work: str, *, policy: str, actor: str) -> bool:
    """Queue the looking at a file (``look``) or the receiving of it (``apply``); return whether it was not queued before.

    How far it is, ``progress_of`` says.
    """
    get_import(session, import_id)
    options = {"work": work, "policy": policy}
    return progress.ask(session, TASK, SUBJECT, import_id, actor=actor, options=options)


def carry_out(session: Session, asked: Progress, tell: Tell, *, today: dt.date) -> None:
    """Do what was asked for; the worker calls it."""
    if asked.options["work"] == "look":
        look(session, asked.subject_id, today=today, tell=tell)
    else:
        policy = str(asked.options["policy"])
        apply_import(session, asked.subject_id, policy=policy, actor=asked.asked_by, today=today, tell=tell)


def progress_of(session: Session, import_id: int) -> Progress | None:
    """Return how far the last work on a file is, where a worker does it or did it."""
    return progress.find(session, SUBJECT, import_id)


def apply_import(
    session: Session, import_id: int, *, policy: str, actor: str, today: dt.date, tell: Tell = silent
) -> ImportRow:
    """Receive every row that the preview accepted, in one transaction; a second run does nothing.

    Args:
        session: The open transaction.
        import_id: A previewed file.
        policy: ``good_rows``, or ``all_or_nothing`` to apply only a file without refused rows.
        actor: Who applies it.
        today: Of the mutual.
        tell: Told how far it is.

    Raises:
        ReceiptImportUnknownError: No such import.
        ImportNotLookedAtError: Nobody has seen yet what would become of its rows.
        ReceiptImportAppliedError: The same file was applied by another import.
        ReceiptImportRefusedError: All rows were asked for and some are refused, now or in the preview.
        ReceiptRunningError: Somebody else is writing a payment of the file at this moment; ask again.
    """
    db.one(session, queries.LOCK_IMPORTS)
    found = get_import(session, import_id)
    if found.state == ReceiptImportState.APPLIED:
        return found
    if found.state == ReceiptImportState.UPLOADED:
        raise ImportNotLookedAtError(
            f"import {import_id} is still being looked at; wait until it says what it would do"
        )
    other = db.first(session, queries.APPLIED_IMPORT, {"sha256": found.sha256})
    if other is not None:
        raise ReceiptImportAppliedError(f"the same file was applied by import {other.id}; it has no second effect")
    if policy not in (GOOD, WHOLE):
        raise ReceiptInvalidError(f"the policy is {GOOD} or {WHOLE}, not {policy!r}")
    options, currency = Options(**found.options), tenant.current(session).currency
    done = _number_rows(session, _stage_again(session, found, options, currency, today, tell))
    if policy == WHOLE and db.scalar(session, queries.COUNT_REFUSALS, {"import_id": import_id}):
        raise ReceiptImportRefusedError(
            f"import {import_id} has refused rows and all rows or none were asked for; mend them or apply the good rows"
        )
    _receive_rows(session, found, options, currency, actor, tell)
    applied = {"applied_count": done.accept_count + done.suspense_count, "applied_minor": done.accept_minor}
    db.run(session, queries.APPLY_IMPORT, {**applied, "import_id": import_id, "actor": actor})
    audit.record(
        session,
        actor=actor,
        action="receipt_import.apply",
        subject_kind="receipt_import",
        subject_id=import_id,
        detail={**applied, "policy": policy},
    )
    return get_import(session, import_id)


def get_import(session: Session, import_id: int) -> ImportRow:
    """Return an uploaded file and what was found in it.

    Raises:
        ReceiptImportUnknownError: None has this identifier.
    """
    row = db.first(session, queries.GET_IMPORT, {"import_id": import_id})
    if row is None:
        raise ReceiptImportUnknownError(f"no import of receipts {import_id}")
    return ImportRow(**row._mapping)


def list_imports(session: Session, *, limit: int, before_id: int | None = None) -> list[ImportRow]:
    """Return at most ``limit`` uploaded files, newest first, older than ``before_id``."""
    values = {"limit": limit, "before": before_id if before_id is not None else 2**62}
    return [ImportRow(**row._mapping) for row in db.rows(session, queries.LIST_IMPORTS, values)]


def list_refusals(session: Session, import_id: int, *, limit: int, after: int = 0) -> list[Any]:
    """Return refused rows of a file in its order: row number, cells as they came, problems."""
    return db.rows(session, queries.REFUSALS, {"import_id": import_id, "limit": limit, "after": after})


def refused_file(session: Session, import_id: int) -> bytes:
    """Return the refused rows as the same kind of file, with a column that says why.

    Raises:
        ReceiptImportUnknownError: No such import.
    """
    found = get_import(session, import_id)
    dialect, header = Dialect.from_json(found.dialect), list(found.dialect["header"])
    chunks = bulk.read_chunks(session, queries.STREAM_REFUSALS, {"import_id": import_id})
    told = ((raw, "; ".join(one["detail"] for one in problems)) for chunk in chunks for raw, problems in chunk)
    cells, reasons = itertools.tee(told)
    return write_refused(dialect, header, (raw for raw, _ in cells), (reason for _, reason in reasons))


def _account_of(session: Session, options: Options, currency: str) -> int:
    """Return the id of the account the money is in, opened where a till or provider is used for the first time."""
    place = PLACES[Channel(options.channel)]
    if place.fullmatch(options.account_code) is None or options.unknown not in ("suspense", "refuse"):
        raise ReceiptInvalidError(
            f"{options.channel} into {options.account_code!r}, unknown payers to {options.unknown!r}: expected an "
            f"account that begins with {place.pattern.split(':')[0]}: and suspense or refuse"
        )
    if options.account_code.startswith(OPENED_AT_FIRST_USE):
        open_accounts(session, [NewAccount(options.account_code)], currency)
    account = db.first(session, queries.ACCOUNT, {"code": options.account_code})
    if account is None:
        raise UnknownAccountError(f"no account has the code {options.account_code!r}; register it first")
    if account.currency != currency:
        raise CurrencyError(f"{options.account_code} is kept in {account.currency}, the mutual's members in {currency}")
    return int(account.id)


def _stage_again(
    session: Session, found: ImportRow, options: Options, currency: str, today: dt.date, tell: Tell
) -> dict[str, Any]:
    """Read a kept file into ``import_staged``; return what deciding about its rows needs to know besides."""
    body = evidence.read(session, found.evidence_id).body
    table = open_receipts(body, found.file_name)
    total = body.count(b"\n") - 1 if found.dialect.get("kind") == "csv" else None
    blocks = progress.told_blocks(table.blocks, lambda block: len(block.row_nos), tell, found.row_count or total)
    told = replace(table, blocks=blocks)
    bulk.execute(session, queries.FEW_SAMPLES)
    stage_receipts(session, told, Reading(currency_of(currency), today, options.day_first))
    return {
        **options._asdict(),
        "import_id": found.id,
        "provider": options.account_code.removesuffix(":clearing") if options.channel == Channel.MOBILE_MONEY else None,
        "day_column": table.header.label("paid_on"),
        "who_column": who_column(table.header),
    }


def _number_rows(session: Session, values: dict[str, Any]) -> queries.Counts:
    """Decide what becomes of each staged row, number those that are accepted, keep the refused ones; return the counts."""
    bulk.execute(session, queries.DROP_ROWS)
    bulk.execute(session, queries.KEEP_ROWS, values)
    counts = queries.Counts(*bulk.one(session, queries.COUNTS))
    bulk.execute(session, queries.ANALYZE_ROWS)
    if counts.row_count > counts.accept_count + counts.same_count + counts.suspense_count:
        bulk.execute(session, queries.INSERT_REFUSALS, values)
    return counts


def _receive_rows(session: Session, found: ImportRow, options: Options, currency: str, actor: str, tell: Tell) -> None:
    values = {**options._asdict(), "currency": currency, "actor": actor, "import_id": found.id}
    suspense = suspense_account(options.channel)
    open_accounts(session, [NewAccount(suspense)], currency)
    accounts = {
        "account_id": _account_of(session, options, currency),
        "suspense_id": db.one(session, queries.ACCOUNT, {"code": suspense}).id,
    }
    tell("write", 0, 3)
    post_pairs(session, queries.ENTRIES, {**values, **accounts}, actor=actor)
    tell("write", 1, 3)
    try:
        bulk.execute(session, queries.INSERT_RECEIPTS, values)
    except UniqueViolation as refusal:
        # A provider's payment that somebody else was writing when its row was decided.
        raise ReceiptRunningError("a payment of the file is being written at this moment; ask again") from refusal
    tell("write", 2, 3)
    bulk.execute(session, queries.INSERT_RECEIPT_LINES)
