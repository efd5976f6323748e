"""The payer's own tables. Amounts are minor units; a booking is positive when it credits the account."""

from gateway.sandbox.store import SHARED_SCHEMA

SCHEMA = (
    SHARED_SCHEMA
    + """
CREATE TABLE IF NOT EXISTS wallet (name TEXT PRIMARY KEY, balance_minor INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS destination (msisdn TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request (
    server_id TEXT PRIMARY KEY, number INTEGER NOT NULL, correlation TEXT UNIQUE, status TEXT NOT NULL, object TEXT,
    link TEXT, error TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS txn (
    number INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, type TEXT NOT NULL, amount_minor INTEGER NOT NULL,
    debit TEXT NOT NULL, credit TEXT NOT NULL, own_reference TEXT, text TEXT, status TEXT NOT NULL, created_at TEXT NOT NULL,
    modified_at TEXT NOT NULL, original TEXT, reason TEXT, wallet TEXT NOT NULL, server_id TEXT, callback_url TEXT,
    correlation TEXT);
CREATE TABLE IF NOT EXISTS batch (
    number INTEGER PRIMARY KEY, batch_id TEXT NOT NULL UNIQUE, title TEXT, description TEXT, status TEXT NOT NULL,
    items INTEGER NOT NULL, total_minor INTEGER NOT NULL, completed INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, approved_at TEXT, completed_at TEXT,
    callback_url TEXT, correlation TEXT, is_stuck INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS batch_item (
    batch INTEGER, item INTEGER, amount_minor INTEGER, debit TEXT, credit TEXT, destination TEXT, own_reference TEXT,
    status INTEGER, reason TEXT, settled_at TEXT, PRIMARY KEY (batch, item)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS batch_item_by_own ON batch_item (own_reference);

CREATE TABLE IF NOT EXISTS account (
    number TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, opening_minor INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS booking (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, booked_on TEXT NOT NULL, amount_minor INTEGER NOT NULL,
    end_to_end_id TEXT, bank_reference TEXT NOT NULL, text TEXT NOT NULL, party_name TEXT, party_account TEXT,
    family TEXT NOT NULL, return_reason TEXT, message_id TEXT, payment_info_id TEXT);
CREATE INDEX IF NOT EXISTS booking_by_day ON booking (account, booked_on);
CREATE TABLE IF NOT EXISTS credit (key TEXT PRIMARY KEY, bank_reference TEXT, booked_on TEXT, digest TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS payment_order (
    message_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, received_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS order_payment (
    id INTEGER PRIMARY KEY, message_id TEXT NOT NULL, payment_info_id TEXT, end_to_end_id TEXT NOT NULL,
    amount_minor INTEGER NOT NULL, debtor TEXT NOT NULL, creditor TEXT NOT NULL, creditor_name TEXT, text TEXT NOT NULL,
    execute_on TEXT NOT NULL, status TEXT NOT NULL, reason TEXT, booked_on TEXT, bank_reference TEXT,
    notice_reference TEXT, is_announced INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS sms (
    id INTEGER PRIMARY KEY, recipient TEXT NOT NULL, text TEXT NOT NULL, reference TEXT, sent_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS sms_by_reference ON sms (reference);
CREATE TABLE IF NOT EXISTS settlement (
    number INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, settled_on TEXT NOT NULL, gross_minor INTEGER NOT NULL,
    fee_minor INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS settlement_item (
    settlement INTEGER NOT NULL, txn INTEGER NOT NULL UNIQUE, fee_minor INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS settlement_item_of ON settlement_item (settlement);
"""
)
