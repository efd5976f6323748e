"""Members who are paid on a bank account, and batches for them, for the tests of payouts by bank."""

import json
from collections.abc import Sequence

import psycopg
from sqlmodel import Session
from tests.paying import BANK, TODAY, owe

from gateway.payouts.destinations import choose_destination
from gateway.payouts.order import prepare
from gateway.payouts.queries import PayoutRow, list_payouts
from gateway.payouts.release import release
from gateway.payouts.states import Means

ANA = {"actor": "staff:ana"}
EVA = {"actor": "staff:eva", "roles": {"manager"}, "today": TODAY}


def on_account(session: Session, member: int, number: int, **changes: str) -> None:
    """Let a member be paid on an account of her own."""
    told = {"account": f"97{number:08d}", "holder": "Ana Pérez Peña", "bank_identifier": "BPDODOSX", **changes}
    choose_destination(session, member, means=Means.BANK, reason="told at the counter", **told, **ANA)


def bank_batch(session: Session, amounts: Sequence[int], *, first: int = 1) -> tuple[int, list[PayoutRow]]:
    """Release a batch of so many members; return it and its payouts."""
    reference = f"S2026040000{first:02d}"
    for number, member in enumerate(owe(session, amounts, reference=reference, first=first), first):
        on_account(session, member, number)
    draft = prepare(session, provider=BANK, today=TODAY, **ANA).batches[0]
    release(session, draft.id, **EVA)
    return draft.id, list_payouts(session, draft.id)


def set_payouts(url: str, value: object) -> None:
    """Write the mutual's settings of payouts, as the operator does."""
    with psycopg.connect(url) as owner:
        owner.execute("UPDATE mutual SET settings = %s WHERE mutual_id = 1", [json.dumps({"payouts": value})])
