"""Everything reconciliation reads and writes: statements, transfers, breaks, the position of the mutual's money."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.reconciliation.errors import (
    BreakUnknownError,
    LineUnknownError,
    StatementUnknownError,
    TransferUnknownError,
)

_TRANSFER = """id, reference, from_code, to_code, transit_code, amount_minor, fee_minor, currency, ordered_on, ordered_by,
    status, booked_on, statement_line_id, ordered_tx_id, booked_tx_id"""

TRANSFER = f"""
-- at most one row: a transfer between our own places
SELECT {_TRANSFER} FROM own_transfer WHERE mutual_id = current_mutual() AND id = :transfer_id
"""

FIND_TRANSFER = f"""
-- at most one row: the transfer with a reference
SELECT {_TRANSFER} FROM own_transfer WHERE mutual_id = current_mutual() AND reference = :reference
"""

TRANSFERS = f"""
-- one row per transfer, newest first, before an id
SELECT {_TRANSFER} FROM own_transfer
WHERE mutual_id = current_mutual() AND id < :before AND (CAST(:status AS text) IS NULL OR status = :status)
ORDER BY id DESC LIMIT :limit
"""

NEXT_TRANSFER_NUMBER = """
-- one row: a number that no transfer has
SELECT nextval(pg_get_serial_sequence('own_transfer', 'id'))
"""

INSERT_TRANSFER = """
-- one row: the new transfer's id
INSERT INTO own_transfer (reference, from_code, to_code, transit_code, amount_minor, currency, ordered_on, ordered_by, ordered_tx_id)
VALUES (:reference, :from_code, :to_code, :transit_code, :amount_minor, :currency, :ordered_on, :actor, :ordered_tx_id)
RETURNING id
"""

BOOK_TRANSFER = """
-- the transfer whose bank side the statement shows
UPDATE own_transfer SET status = 'booked', booked_on = :booked_on, statement_line_id = :line_id, fee_minor = :fee_minor,
    booked_tx_id = :tx_id
WHERE mutual_id = current_mutual() AND id = :transfer_id AND status = 'ordered'
"""

WITHDRAW_TRANSFER = """
-- the transfer that was never made
UPDATE own_transfer SET status = 'withdrawn' WHERE mutual_id = current_mutual() AND id = :transfer_id AND status = 'ordered'
"""

_STATEMENT = """s.id, s.account_id, a.number AS account_number, a.ledger_code, s.statement_reference, s.sequence, s.version,
    s.from_on, s.to_on, s.currency, s.opening_minor, s.closing_minor, s.line_count, s.status, s.reason, s.evidence_id,
    s.tolerances, s.difference, s.loaded_at, s.loaded_by"""

STATEMENT = f"""
-- at most one row: a statement with its account
SELECT {_STATEMENT} FROM bank_statement s
LEFT JOIN bank_account a ON a.mutual_id = s.mutual_id AND a.id = s.account_id
WHERE s.mutual_id = current_mutual() AND s.id = :statement_id
"""

STATEMENTS = f"""
-- one row per statement, newest first, before an id
SELECT {_STATEMENT} FROM bank_statement s
LEFT JOIN bank_account a ON a.mutual_id = s.mutual_id AND a.id = s.account_id
WHERE s.mutual_id = current_mutual() AND s.id < :before AND (CAST(:status AS text) IS NULL OR s.status = :status)
ORDER BY s.id DESC LIMIT :limit
"""

STATEMENTS_OF_EVIDENCE = f"""
-- one row per statement that a file held, in its order
SELECT {_STATEMENT} FROM bank_statement s
LEFT JOIN bank_account a ON a.mutual_id = s.mutual_id AND a.id = s.account_id
WHERE s.mutual_id = current_mutual() AND s.evidence_id = :evidence_id ORDER BY s.id
"""

SAME_BYTES = """
-- one row per time the same bytes were kept, those of which something was used first
SELECT e.id, e.about, coalesce(bool_or(s.status IN ('loaded', 'announced')), false) AS is_used
FROM evidence e LEFT JOIN bank_statement s ON s.mutual_id = e.mutual_id AND s.evidence_id = e.id
WHERE e.mutual_id = current_mutual() AND e.kind = :kind AND e.sha256 = :sha256
GROUP BY e.id, e.about ORDER BY is_used DESC, e.id
"""

QUARANTINED_OF_ACCOUNT = """
-- one row per statement of an account that waits for one before it, oldest first
SELECT id, evidence_id, statement_reference, sequence, from_on, to_on FROM bank_statement
WHERE mutual_id = current_mutual() AND account_id = :account_id AND status = 'quarantined'
ORDER BY from_on, id
"""

LAST_LOADED = """
-- at most one row: the newest loaded statement of an account
SELECT id, from_on, to_on, closing_minor FROM bank_statement
WHERE mutual_id = current_mutual() AND account_id = :account_id AND status = 'loaded'
ORDER BY to_on DESC, loaded_at DESC, id DESC LIMIT 1
"""

SAME_STATEMENT = """
-- one row: how many versions of one statement are known
SELECT coalesce(max(version), 0) AS version FROM bank_statement
WHERE mutual_id = current_mutual() AND account_id IS NOT DISTINCT FROM :account_id
  AND statement_reference = :statement_reference AND sequence = :sequence
  AND from_on IS NOT DISTINCT FROM CAST(:from_on AS date) AND to_on IS NOT DISTINCT FROM CAST(:to_on AS date)
"""

INSERT_STATEMENT = """
-- one row: the new statement's id
INSERT INTO bank_statement (account_id, statement_reference, sequence, version, from_on, to_on, currency, opening_minor,
    closing_minor, line_count, status, reason, evidence_id, tolerances, loaded_by, loaded_at)
VALUES (:account_id, :statement_reference, :sequence, :version, :from_on, :to_on, :currency, :opening_minor,
    :closing_minor, :line_count, :status, :reason, :evidence_id, CAST(:tolerances AS jsonb), :actor, clock_timestamp())
RETURNING id
"""

RELEASE_STATEMENT = """
-- the quarantined statement whose gap has closed: it is loaded now, after what it waited for
UPDATE bank_statement SET status = 'loaded', reason = NULL, loaded_at = clock_timestamp()
WHERE mutual_id = current_mutual() AND id = :statement_id AND status = 'quarantined'
"""

QUARANTINE_AGAIN = """
-- the quarantined statement that waits for another reason now
UPDATE bank_statement SET reason = :reason
WHERE mutual_id = current_mutual() AND id = :statement_id AND status = 'quarantined'
"""

KNOWN_LINES = """
-- one row: how many staged lines are new, what they sum to, and how many known lines of their days are not among them
SELECT count(*) FILTER (WHERE l.id IS NULL)::int AS new_count,
    coalesce(sum(s.amount_minor) FILTER (WHERE l.id IS NULL), 0)::bigint AS new_minor,
    (SELECT count(*)::int FROM bank_statement_line k
     WHERE k.mutual_id = current_mutual() AND k.account_id = %(account_id)s AND k.booked_on BETWEEN %(from_on)s AND %(to_on)s
       AND NOT k.is_announced AND NOT EXISTS (SELECT FROM staged_line t WHERE t.fingerprint = k.fingerprint AND t.ordinal = k.ordinal)) AS missing_count
FROM staged_line s
LEFT JOIN bank_statement_line l ON l.mutual_id = current_mutual() AND l.account_id = %(account_id)s
    AND l.fingerprint = s.fingerprint AND l.ordinal = s.ordinal AND NOT l.is_announced
"""

DIFFERENCE = """
-- at most one row, for a later version of a statement whose earlier one is loaded: lines only here, lines only there
WITH mine AS (
    SELECT account_id, statement_reference, sequence, from_on, to_on, version FROM bank_statement
    WHERE mutual_id = current_mutual() AND id = %(statement_id)s
), earlier AS (
    SELECT s.id FROM bank_statement s JOIN mine m ON (s.account_id, s.statement_reference, s.sequence, s.from_on, s.to_on)
        = (m.account_id, m.statement_reference, m.sequence, m.from_on, m.to_on) AND s.version < m.version
    WHERE s.mutual_id = current_mutual() AND s.status = 'loaded'
), added AS (
    SELECT s.booked_on, s.amount_minor, s.text FROM staged_line s
    LEFT JOIN bank_statement_line l ON l.mutual_id = current_mutual() AND l.account_id = %(account_id)s
        AND l.fingerprint = s.fingerprint AND l.ordinal = s.ordinal
    WHERE l.id IS NULL ORDER BY s.position
), missing AS (
    SELECT l.booked_on, l.amount_minor, l.text FROM bank_statement_line l
    LEFT JOIN staged_line s ON s.fingerprint = l.fingerprint AND s.ordinal = l.ordinal
    WHERE l.mutual_id = current_mutual() AND l.statement_id IN (SELECT id FROM earlier) AND s.position IS NULL ORDER BY l.id
)
SELECT jsonb_build_object(
    'added_count', (SELECT count(*) FROM added), 'missing_count', (SELECT count(*) FROM missing),
    'added', coalesce((SELECT jsonb_agg(to_jsonb(a)) FROM (SELECT * FROM added LIMIT %(most)s) a), '[]'),
    'missing', coalesce((SELECT jsonb_agg(to_jsonb(m)) FROM (SELECT * FROM missing LIMIT %(most)s) m), '[]'))
WHERE EXISTS (SELECT FROM earlier)
"""

KEEP_DIFFERENCE = """
-- the statement, with how it differs from what is known
UPDATE bank_statement SET difference = CAST(:difference AS jsonb) WHERE mutual_id = current_mutual() AND id = :statement_id
"""

INSERT_LINES = """
-- one row per booked line that is not known yet
INSERT INTO bank_statement_line (statement_id, account_id, fingerprint, ordinal, booked_on, value_on, amount_minor, currency,
    end_to_end_id, bank_reference, reference, text, counterparty, flags, references_found, batch_reference)
SELECT %(statement_id)s, %(account_id)s, fingerprint, ordinal, booked_on, value_on, amount_minor, currency,
    end_to_end_id, bank_reference, reference, text, counterparty, flags, references_found, batch_reference
FROM staged_line WHERE position >= %(since)s AND position < %(until)s ORDER BY position
ON CONFLICT (mutual_id, account_id, fingerprint, ordinal) DO NOTHING
"""

LINES = """
-- one row per line of a statement after an id, in the file's order
SELECT id, booked_on, value_on, amount_minor, currency, end_to_end_id, bank_reference, reference, text, counterparty, flags,
    status, rule, matched_kind, matched_id, ledger_tx_id
FROM bank_statement_line
WHERE mutual_id = current_mutual() AND statement_id = :statement_id AND id > :after ORDER BY id LIMIT :limit
"""

ONE_LINE = """
-- at most one row: a line of a statement
SELECT id, statement_id, account_id, booked_on, value_on, amount_minor, currency, reference, text, counterparty, status, rule
FROM bank_statement_line WHERE mutual_id = current_mutual() AND id = :line_id
"""

SETTLE_LINE = """
-- the line that has been booked
UPDATE bank_statement_line SET status = :status, rule = :rule, matched_kind = :kind, matched_id = :matched_id, ledger_tx_id = :tx_id
WHERE mutual_id = current_mutual() AND id = :line_id AND status = 'open'
"""

LOCK_RECONCILIATION = """
-- one row: runs of matching and loads of statements of one mutual wait for each other
SELECT pg_advisory_xact_lock(hashtextextended('reconciliation:' || current_mutual(), 0))
"""

INSERT_MATCH = """
-- one row: what a line was matched to
INSERT INTO reconciliation_match (line_id, rule, fields, kind, matched_id, amount_minor, undoes, ledger_tx_id, reason, actor)
VALUES (:line_id, :rule, CAST(:fields AS text[]), :kind, :matched_id, :amount_minor, :undoes, :tx_id, :reason, :actor)
RETURNING id
"""

RECEIPT_PLACE = """
-- one row: where a receipt's money is
SELECT account_code FROM contribution_receipt WHERE mutual_id = current_mutual() AND id = :receipt_id
"""

REVERSAL_TX = """
-- one row: the transaction that took a receipt back
SELECT ledger_tx_id FROM contribution_reversal WHERE mutual_id = current_mutual() AND receipt_id = :receipt_id
"""

EMPLOYER_REVERSAL_TX = """
-- one row: the transaction that took an employer's payment back
SELECT ledger_tx_id FROM employer_reversal WHERE mutual_id = current_mutual() AND receipt_id = :receipt_id
"""

SESSIONS_OF_SUM = """
-- one row: the closed sessions whose sum a line is
SELECT parts FROM pg_temp.line_sum WHERE kind = 'sessions' AND line_id = :line_id
"""

_BREAK = """id, kind, subject_kind, subject_id, detail_key, amount_minor, currency, period_start, theirs, ours, owner_role,
    owner, due_on, since_on, status, opened_at, proposal, proposed_by, resolution, reason, resolved_by, resolved_at, ledger_tx_id, evidence_id"""

BREAK = f"""
-- at most one row: a break
SELECT {_BREAK} FROM reconciliation_break WHERE mutual_id = current_mutual() AND id = :break_id
"""

LOCK_BREAK = f"""
-- at most one row: a break, locked for its next step
SELECT {_BREAK} FROM reconciliation_break WHERE mutual_id = current_mutual() AND id = :break_id FOR UPDATE
"""

BREAKS = f"""
-- one row per break, newest first, before an id
SELECT {_BREAK} FROM reconciliation_break
WHERE mutual_id = current_mutual() AND id < :before
  AND (CAST(:status AS text) IS NULL OR status = :status
       OR (:status = 'unresolved' AND status IN ('open', 'proposed', 'approved', 'rejected')))
  AND (CAST(:kind AS text) IS NULL OR kind = :kind)
  AND (CAST(:period_start AS date) IS NULL OR period_start = :period_start)
  AND (CAST(:oldest AS date) IS NULL OR since_on >= :oldest) AND (CAST(:newest AS date) IS NULL OR since_on <= :newest)
  AND (CAST(:owner AS text) IS NULL OR owner = :owner OR owner_role = :owner)
ORDER BY id DESC LIMIT :limit
"""

AGES = """
-- one row per unresolved break kind and day it counts from: how many, how much
SELECT kind, since_on, count(*) AS break_count, sum(abs(amount_minor))::bigint AS amount_minor FROM reconciliation_break
WHERE mutual_id = current_mutual() AND status IN ('open', 'proposed', 'approved', 'rejected')
GROUP BY kind, since_on ORDER BY kind, since_on
"""

SUGGESTED = """
-- one row per member that a break's statement line may be of, by rule: who, by which rule and fields
SELECT g.rule, g.kind, g.matched_id, g.fields, m.number, m.given_names, m.first_surname
FROM match_suggestion g JOIN member m ON m.mutual_id = g.mutual_id AND m.id = g.matched_id AND g.kind = 'member'
WHERE g.mutual_id = current_mutual() AND g.line_id = :line_id ORDER BY g.id LIMIT 20
"""

LINE_MATCHES = """
-- one row per match of a line, undone ones too, oldest first
SELECT id, rule, fields, kind, matched_id, amount_minor, undoes, ledger_tx_id, reason, actor, at FROM reconciliation_match
WHERE mutual_id = current_mutual() AND line_id = :line_id ORDER BY id
"""

LINE_SUGGESTIONS = """
-- one row per thing a line may be, by rule
SELECT rule, kind, matched_id, fields, at FROM match_suggestion WHERE mutual_id = current_mutual() AND line_id = :line_id ORDER BY id
"""

LINE = """
-- at most one row: a line, locked, with its receipt's line where its money was received
SELECT l.id, l.status, l.rule, l.amount_minor, l.currency, l.matched_kind, l.matched_id, c.id AS receipt_line_id
FROM bank_statement_line l
JOIN bank_account b ON b.mutual_id = l.mutual_id AND b.id = l.account_id
LEFT JOIN contribution_receipt r ON r.mutual_id = l.mutual_id AND r.source = b.ledger_code
    AND r.source_reference = 'statement_line:' || l.id
LEFT JOIN contribution_receipt_line c ON c.mutual_id = r.mutual_id AND c.receipt_id = r.id AND c.line_no = 1
WHERE l.mutual_id = current_mutual() AND l.id = :line_id FOR UPDATE OF l
"""

REMATCH_LINE = """
-- the line that a person has said the owner of
UPDATE bank_statement_line SET status = :status, rule = 'person', matched_kind = 'member', matched_id = :member_id
WHERE mutual_id = current_mutual() AND id = :line_id
"""

OPEN_BREAKS = """
-- one row per kind of break that is not resolved, with how many, how much and since when; of one month if asked
SELECT kind, count(*) AS break_count, sum(amount_minor)::bigint AS amount_minor, min(opened_at) AS oldest_at
FROM reconciliation_break
WHERE mutual_id = current_mutual() AND status IN ('open', 'proposed', 'approved', 'rejected')
  AND (CAST(:period_start AS date) IS NULL OR period_start = :period_start)
GROUP BY kind ORDER BY kind
"""

NOTES = """
-- one row per note on a break, oldest first
SELECT note, actor, at FROM reconciliation_note WHERE mutual_id = current_mutual() AND break_id = :break_id ORDER BY id
"""

INSERT_NOTE = """
-- the note on a break
INSERT INTO reconciliation_note (break_id, note, actor) VALUES (:break_id, :note, :actor)
"""

POSITION = """
-- one row per bank account: what its newest statement says, what is loaded and not booked, what the books say
SELECT a.number, a.name, a.ledger_code, a.currency, a.kind, last.to_on AS statement_on, last.closing_minor,
    coalesce(waiting.minor, 0)::bigint AS unbooked_minor
FROM bank_account a
LEFT JOIN LATERAL (
    SELECT s.to_on, s.closing_minor FROM bank_statement s
    WHERE s.mutual_id = a.mutual_id AND s.account_id = a.id AND s.status = 'loaded' ORDER BY s.to_on DESC, s.loaded_at DESC, s.id DESC LIMIT 1
) last ON true
LEFT JOIN LATERAL (
    SELECT sum(l.amount_minor) AS minor FROM bank_statement_line l
    WHERE l.mutual_id = a.mutual_id AND l.account_id = a.id AND l.status = 'open' AND (NOT l.is_announced OR l.shown_by IS NOT NULL)
) waiting ON true
WHERE a.mutual_id = current_mutual() ORDER BY a.ledger_code
"""

BOOKED_LATER = """
-- one row: what lines of an account's statements moved in the books on days after the newest statement's last
SELECT coalesce(sum(l.amount_minor), 0)::bigint FROM bank_statement_line l
JOIN bank_account a ON a.mutual_id = l.mutual_id AND a.id = l.account_id AND a.number = :number
JOIN ledger_tx t ON t.mutual_id = l.mutual_id AND t.id = l.ledger_tx_id AND t.valid_on > :statement_on
WHERE l.mutual_id = current_mutual() AND (NOT l.is_announced OR l.shown_by IS NOT NULL)
"""

UNNOTED_IN_MONTH = """
-- one row per break of a month, or of no month and opened up to its end, that is open and has no note
SELECT b.id, b.kind, b.amount_minor, b.currency, b.opened_at = now() AS is_fresh FROM reconciliation_break b
WHERE b.mutual_id = current_mutual() AND b.status IN ('open', 'proposed', 'approved', 'rejected')
  AND (b.period_start IS NULL OR b.period_start <= :period_start)
  AND NOT EXISTS (SELECT FROM reconciliation_note n WHERE n.mutual_id = b.mutual_id AND n.break_id = b.id)
ORDER BY b.id
"""


BY_RULE = """
-- one row per rule that knew lines since a day: how many, and what they came to, those that were undone left out
SELECT m.rule, count(*) AS lines, sum(abs(m.amount_minor))::bigint AS minor, count(u.id) AS undone
FROM reconciliation_match m
LEFT JOIN reconciliation_match u ON u.mutual_id = m.mutual_id AND u.undoes = m.id
WHERE m.mutual_id = current_mutual() AND m.undoes IS NULL AND m.at >= CAST(:since AS date)
GROUP BY m.rule
"""


class TransferRow(NamedTuple):
    """A transfer between two places of ours."""

    id: int
    reference: str
    from_code: str
    to_code: str
    transit_code: str
    amount_minor: int
    fee_minor: int
    currency: str
    ordered_on: dt.date
    ordered_by: str
    status: str
    booked_on: dt.date | None
    statement_line_id: int | None
    ordered_tx_id: int
    booked_tx_id: int | None


class StatementRow(NamedTuple):
    """A statement as loaded."""

    id: int
    account_id: int | None
    account_number: str | None
    ledger_code: str | None
    statement_reference: str
    sequence: str
    version: int
    from_on: dt.date | None
    to_on: dt.date | None
    currency: str
    opening_minor: int | None
    closing_minor: int | None
    line_count: int
    status: str
    reason: str | None
    evidence_id: int
    tolerances: list[Any]
    difference: Mapping[str, Any]
    loaded_at: dt.datetime
    loaded_by: str


class StatementLineRow(NamedTuple):
    """A booked line and what it was matched to."""

    id: int
    booked_on: dt.date
    value_on: dt.date | None
    amount_minor: int
    currency: str
    end_to_end_id: str | None
    bank_reference: str | None
    reference: str | None
    text: str
    counterparty: str | None
    flags: list[str]
    status: str
    rule: str | None
    matched_kind: str | None
    matched_id: int | None
    ledger_tx_id: int | None


class BreakRow(NamedTuple):
    """A difference that somebody has to explain."""

    id: int
    kind: str
    subject_kind: str
    subject_id: int
    detail_key: str
    amount_minor: int
    currency: str
    period_start: dt.date | None
    theirs: Mapping[str, Any]
    ours: Mapping[str, Any]
    owner_role: str
    owner: str | None
    due_on: dt.date
    since_on: dt.date
    status: str
    opened_at: dt.datetime
    proposal: Mapping[str, Any]
    proposed_by: str | None
    resolution: str | None
    reason: str | None
    resolved_by: str | None
    resolved_at: dt.datetime | None
    ledger_tx_id: int | None
    evidence_id: int | None


class MatchRow(NamedTuple):
    """What a line was matched to; undone where another row says so."""

    id: int
    rule: str
    fields: list[str]
    kind: str
    matched_id: int
    amount_minor: int
    undoes: int | None
    ledger_tx_id: int | None
    reason: str | None
    actor: str
    at: dt.datetime


class SuggestionRow(NamedTuple):
    """What a line may be."""

    rule: str
    kind: str
    matched_id: int
    fields: list[str]
    at: dt.datetime


class AgeRow(NamedTuple):
    """Unresolved breaks of a kind that count from one day."""

    kind: str
    since_on: dt.date
    break_count: int
    amount_minor: int


class NoteRow(NamedTuple):
    """What somebody found out about a break."""

    note: str
    actor: str
    at: dt.datetime


class OpenBreaks(NamedTuple):
    """How many breaks of a kind wait, and how much money they are about."""

    kind: str
    break_count: int
    amount_minor: int
    oldest_at: dt.datetime


def get_transfer(session: Session, transfer_id: int) -> TransferRow:
    """Return a transfer.

    Raises:
        TransferUnknownError: The mutual has none with this id.
    """
    found = db.first(session, TRANSFER, {"transfer_id": transfer_id})
    if found is None:
        raise TransferUnknownError(
            f"no transfer {transfer_id} between our own places; GET /v1/own-transfers lists them"
        )
    return TransferRow(*found)


def list_transfers(session: Session, *, status: str | None, before: int, limit: int) -> list[TransferRow]:
    """Return transfers, newest first."""
    values = {"status": status, "before": before, "limit": limit}
    return [TransferRow(*row) for row in db.rows(session, TRANSFERS, values)]


def get_statement(session: Session, statement_id: int) -> StatementRow:
    """Return a statement.

    Raises:
        StatementUnknownError: The mutual has none with this id.
    """
    found = db.first(session, STATEMENT, {"statement_id": statement_id})
    if found is None:
        raise StatementUnknownError(f"no statement {statement_id}; GET /v1/bank-statements lists them")
    return StatementRow(*found)


def list_statements(session: Session, *, status: str | None, before: int, limit: int) -> list[StatementRow]:
    """Return statements, newest first."""
    values = {"status": status, "before": before, "limit": limit}
    return [StatementRow(*row) for row in db.rows(session, STATEMENTS, values)]


def list_lines(session: Session, statement_id: int, *, after: int, limit: int) -> list[StatementLineRow]:
    """Return a statement's lines in the file's order.

    Raises:
        StatementUnknownError: The mutual has no such statement.
    """
    get_statement(session, statement_id)
    values = {"statement_id": statement_id, "after": after, "limit": limit}
    return [StatementLineRow(*row) for row in db.rows(session, LINES, values)]


def get_break(session: Session, break_id: int, *, lock: bool = False) -> BreakRow:
    """Return a break, locked for its next step if asked.

    Raises:
        BreakUnknownError: The mutual has none with this id.
    """
    found = db.first(session, LOCK_BREAK if lock else BREAK, {"break_id": break_id})
    if found is None:
        raise BreakUnknownError(f"no break {break_id}; GET /v1/breaks lists them")
    return BreakRow(*found)


def list_breaks(
    session: Session,
    *,
    status: str | None,
    kind: str | None = None,
    period_start: dt.date | None = None,
    since: tuple[dt.date | None, dt.date | None] = (None, None),
    owner: str | None = None,
    before: int,
    limit: int,
) -> list[BreakRow]:
    """Return breaks, newest first; ``status`` may be ``unresolved``, ``owner`` a person or a role."""
    values = {"status": status, "kind": kind, "period_start": period_start, "before": before, "limit": limit}
    values |= {"oldest": since[0], "newest": since[1], "owner": owner}
    return [BreakRow(*row) for row in db.rows(session, BREAKS, values)]


def list_notes(session: Session, break_id: int) -> list[NoteRow]:
    """Return what people found out about a break, oldest first."""
    return [NoteRow(*row) for row in db.rows(session, NOTES, {"break_id": break_id})]


def open_breaks(session: Session, period_start: dt.date | None = None) -> list[OpenBreaks]:
    """Return the kinds of break that wait, of one month if asked."""
    return [OpenBreaks(*row) for row in db.rows(session, OPEN_BREAKS, {"period_start": period_start})]


def list_ages(session: Session) -> list[AgeRow]:
    """Return the unresolved breaks by kind and the day they count from."""
    return [AgeRow(*row) for row in db.rows(session, AGES)]


def get_line(session: Session, line_id: int) -> Any:
    """Return a line of a statement, as the bank wrote it and with what it was known for.

    Raises:
        LineUnknownError: The mutual has no such line.
    """
    found = db.first(session, ONE_LINE, {"line_id": line_id})
    if found is None:
        raise LineUnknownError(f"no line {line_id} of any statement")
    return found


def matched_by_rule(session: Session, since: dt.date) -> dict[str, Any]:
    """Return by rule how many lines it has known since a day, what they came to, and how many a person undid."""
    return {row.rule: row for row in db.rows(session, BY_RULE, {"since": since})}


def list_matches(session: Session, line_id: int) -> list[MatchRow]:
    """Return every match of a line, undone ones too, oldest first."""
    return [MatchRow(*row) for row in db.rows(session, LINE_MATCHES, {"line_id": line_id})]


def list_suggestions(session: Session, line_id: int) -> list[SuggestionRow]:
    """Return what a line may be, by the rules that were not sure."""
    return [SuggestionRow(*row) for row in db.rows(session, LINE_SUGGESTIONS, {"line_id": line_id})]
