"""The state's own tables.

Amounts are minor units; a period is ``YYYY-MM``; c1 to c7 are the state's components, in its order.
"""

from gateway.sandbox.store import SHARED_SCHEMA

SCHEMA = (
    SHARED_SCHEMA
    + """
CREATE TABLE IF NOT EXISTS employer (
    number TEXT PRIMARY KEY, status TEXT NOT NULL DEFAULT 'active', account TEXT, callback_url TEXT,
    callback_secret TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scripted_person (list TEXT, document TEXT, PRIMARY KEY (list, document)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inactive_payroll (payroll TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS filing (
    seq INTEGER PRIMARY KEY, filing_id TEXT NOT NULL UNIQUE, reception TEXT NOT NULL, kind TEXT NOT NULL,
    employer TEXT NOT NULL, period TEXT NOT NULL, payrolls TEXT NOT NULL DEFAULT '[]', grp TEXT, part INTEGER NOT NULL,
    parts INTEGER NOT NULL, sha256 TEXT NOT NULL, idempotency_key TEXT, status TEXT NOT NULL DEFAULT 'received',
    state_status TEXT, code TEXT, message TEXT, lines INTEGER NOT NULL DEFAULT 0, accepted INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0, declared_minor INTEGER NOT NULL DEFAULT 0,
    accepted_minor INTEGER NOT NULL DEFAULT 0, billed_minor INTEGER NOT NULL DEFAULT 0, errors TEXT NOT NULL DEFAULT '[]',
    received_at TEXT NOT NULL, answered_at TEXT, is_stuck INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS filing_by_content ON filing (sha256);
CREATE INDEX IF NOT EXISTS filing_by_key ON filing (idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS filing_by_employer ON filing (employer, period);
CREATE TABLE IF NOT EXISTS line (
    filing_seq INTEGER, line INTEGER, payroll TEXT, document_type TEXT, document TEXT, status INTEGER, code TEXT,
    declared_minor INTEGER, accepted_minor INTEGER, dependants INTEGER, c1 INTEGER, c2 INTEGER, c3 INTEGER, c4 INTEGER,
    c5 INTEGER, c6 INTEGER, c7 INTEGER, PRIMARY KEY (filing_seq, line)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS employer_period (
    id INTEGER PRIMARY KEY, employer TEXT NOT NULL, period TEXT NOT NULL, UNIQUE (employer, period));
CREATE TABLE IF NOT EXISTS declared (
    period_id INTEGER, person TEXT, payroll TEXT, wage_minor INTEGER, filing_seq INTEGER,
    PRIMARY KEY (period_id, person, payroll)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dependant (
    id INTEGER PRIMARY KEY, employer TEXT NOT NULL, payroll TEXT NOT NULL, holder TEXT NOT NULL, dependant TEXT NOT NULL,
    since TEXT NOT NULL, ended TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS dependant_active ON dependant (dependant) WHERE ended IS NULL;

CREATE TABLE IF NOT EXISTS notice (
    number INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, version INTEGER NOT NULL DEFAULT 1, replaces TEXT,
    replaced_by TEXT, employer TEXT NOT NULL, period TEXT NOT NULL, payroll TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'open', is_recalculated INTEGER NOT NULL DEFAULT 0, issued_on TEXT NOT NULL,
    due_on TEXT NOT NULL, line_count INTEGER NOT NULL, components TEXT NOT NULL, surcharge_minor INTEGER NOT NULL DEFAULT 0,
    off_minor INTEGER NOT NULL DEFAULT 0, paid_minor INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS notice_by_employer ON notice (employer, period);
CREATE TABLE IF NOT EXISTS notice_filing (
    reference TEXT, filing_id TEXT, line_count INTEGER, amount_minor INTEGER,
    PRIMARY KEY (reference, filing_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS payment (
    number INTEGER PRIMARY KEY, reference TEXT NOT NULL, amount_minor INTEGER NOT NULL, paid_on TEXT NOT NULL,
    authorisation TEXT NOT NULL UNIQUE, status TEXT NOT NULL, reason TEXT, confirmed_at TEXT);

CREATE TABLE IF NOT EXISTS remittance (
    number INTEGER PRIMARY KEY, remittance_id TEXT NOT NULL UNIQUE, employer TEXT NOT NULL, status TEXT NOT NULL,
    advised_at TEXT NOT NULL, paid_on TEXT, line_count INTEGER NOT NULL, total_minor INTEGER NOT NULL,
    transfer_minor INTEGER NOT NULL, by_benefit TEXT NOT NULL, end_to_end_id TEXT NOT NULL, bank_reference TEXT,
    account TEXT NOT NULL, is_advised INTEGER NOT NULL DEFAULT 1);
CREATE TABLE IF NOT EXISTS remittance_line (
    number INTEGER, line INTEGER, document_type TEXT, document TEXT, benefit TEXT, claim TEXT, period TEXT,
    amount_minor INTEGER, instalment INTEGER, instalments INTEGER, PRIMARY KEY (number, line)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claim (
    number INTEGER PRIMARY KEY, employer TEXT NOT NULL, person TEXT NOT NULL, benefit TEXT NOT NULL,
    amounts TEXT NOT NULL, paid INTEGER NOT NULL DEFAULT 0, last_period TEXT);
CREATE INDEX IF NOT EXISTS claim_by_person ON claim (employer, person);
"""
)
