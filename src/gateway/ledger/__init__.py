"""The books: accounts, transactions, entries.

Sign: a positive entry debits its account, a negative one credits it; a transaction's entries sum to zero per
currency. Insert only: a mistake is corrected by a linked reversal. The database refuses what must never be
(``migrations/sql/ledger.sql``). The ledger knows no member: owners are references that mean nothing to it.
"""
