"""Files for the sandbox state, written by hand from the published positions: for its tests alone."""

import base64
import hashlib
import time
import uuid
from collections.abc import Sequence
from typing import Any

import httpx

EMPLOYER = "401999999"


def cedula(number: int) -> str:
    """Return a cédula of the range that was never issued, with its check digit."""
    stem = f"999{number:07d}"
    total = 0
    for at, letter in enumerate(stem):
        digit = int(letter) * (1 + at % 2)
        total += digit - 9 if digit > 9 else digit
    return stem + str(-total % 10)


def amount(minor: int) -> str:
    """Sixteen characters."""
    return f"{minor // 100:013d}.{minor % 100:02d}"


def detail(document: str, minor: int, **changed: Any) -> str:
    """One line of 312 characters; ``changed`` replaces a field by name."""
    field = {
        "payroll": "001", "kind": "C", "given": "ANA MARIA", "surname": "PEREZ", "second": "GOMEZ", "sex": "F",
        "birth": "03071990", "wage": amount(minor), "voluntary": amount(0), "isr": amount(0), "other": amount(0),
        "agent": " " * 11, "elsewhere": amount(0), "exempt": amount(0), "balance": amount(0), "infotep": amount(0),
        "income": "0001", "blocks": "", **changed,
    }  # fmt: skip
    return (
        f"D{field['payroll']}{field['kind']}{document:<25}{field['given']:<50}{field['surname']:<40}{field['second']:<40}"
        f"{field['sex']:1}{field['birth']:<8}{field['wage']}{field['voluntary']}{field['isr']}{field['other']}"
        f"{field['agent']:<11}{field['elsewhere']}{field['exempt']}{field['balance']}{field['infotep']}"
        f"{field['income']:<4}{field['blocks']}"
    )


def payroll_file(details: Sequence[str], period: str = "2026-03", employer: str = EMPLOYER, kind: str = "AM") -> bytes:
    """A whole AM or AR file."""
    head = f"E{kind}{employer:>11}{period[5:]}{period[:4]}"
    return _whole(head, details)


def dependants_file(details: Sequence[str], employer: str = EMPLOYER) -> bytes:
    """A whole RD file."""
    return _whole(f"ERD{employer:>11}", details)


def dependant(holder: str, person: str, event: str = "ID", payroll: str = "001", kind: str = "C") -> str:
    """One RD line."""
    return f"D{payroll}C{holder:<11}{event}{kind}{person:<11}{'LUZ':<50}{'PEREZ':<40}{'':<40}"


def _whole(head: str, details: Sequence[str]) -> bytes:
    lines = [head, *details, f"S{len(details) + 2:06d}"]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


def digest(body: bytes) -> str:
    """The value of Content-Digest."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def put(client: httpx.Client, body: bytes, filing_id: str | None = None, **query: Any) -> httpx.Response:
    """Submit a file."""
    parameters = {"kind": "AM", "employer": EMPLOYER, "period": "2026-03", **query}
    return client.put(
        f"/filings/{filing_id or uuid.uuid4()}", params={k: v for k, v in parameters.items() if v is not None},
        content=body, headers={"Content-Digest": digest(body), "Content-Type": "application/octet-stream"},
    )  # fmt: skip


def answered(running: Any, body: bytes, employer: str, **query: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Submit a file, wait for the answer, and return the filing and all its lines."""
    taken = put(running.client, body, employer=employer, **query)
    assert taken.status_code == 202, taken.text
    return answer_of(running, taken.json()["filing_id"])


def answer_of(running: Any, filing_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Wait for an answer, and return the filing and all its lines."""
    end = time.monotonic() + 60
    while (filing := running.client.get(f"/filings/{filing_id}").json())["answered_at"] is None:
        assert time.monotonic() < end, "no answer"
        time.sleep(0.02)
    lines: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        parameters = {"limit": 1000, **({"cursor": cursor} if cursor else {})}
        page = running.client.get(f"/filings/{filing_id}/lines", params=parameters).json()
        lines += page["lines"]
        cursor = page["next_cursor"]
        if cursor is None:
            return filing, lines


def notices_of(running: Any, employer: str, period: str = "2026-03") -> list[dict[str, Any]]:
    """The notices of a month, newest first."""
    found = running.client.get("/notices", params={"employer": employer, "period": period}).json()["notices"]
    return list(found)


def pay(running: Any, notice: dict[str, Any], authorisation: str, **changed: Any) -> dict[str, Any]:
    """Tell the state, as the bank would, that a notice was paid."""
    payment = {
        "reference": notice["reference"], "amount": notice["total"], "currency": "DOP", "paid_on": "2026-04-02",
        "authorisation": authorisation, **changed,
    }  # fmt: skip
    return dict(running.control("POST", "payments", payment))
