"""PUT /filings/{filing_id}: take the bytes, once."""

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.state.core import CARELESS, State
from gateway.sandbox.state.limits import limits_now
from gateway.sandbox.state.problems import invalid, problem
from gateway.sandbox.state.processing import bill_again, process

_HEAD = 1_000
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
_PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass
class Spooled:
    """A body on disk."""

    path: Path
    digest: bytes
    line_count: int
    head: bytes
    is_too_large: bool

    def discard(self) -> None:
        """Remove the body, unless it was moved to where filings are kept."""
        self.path.unlink(missing_ok=True)


async def spool(state: State, request: Request) -> Spooled:
    """Write the body to disk while it arrives: a file may be larger than what the process may hold."""
    path = state.files / f"incoming-{uuid.uuid4().hex}"
    digest, newlines, returns, size, head = hashlib.sha256(), 0, 0, 0, b""
    try:
        with path.open("wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > state.realm.max_bytes:
                    continue
                file.write(chunk)
                digest.update(chunk)
                newlines += chunk.count(b"\n")
                returns += chunk.count(b"\r")
                head += chunk[: _HEAD - len(head)]
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Spooled(path, digest.digest(), max(newlines, returns), head, size > state.realm.max_bytes)


def submit(state: State, call: Call) -> Answer:
    """Take a file; the same id and bytes are the same filing, however often they are sent."""
    body: Spooled = call.spooled
    facts = {name: call.query.get(name) for name in ("kind", "employer", "period")}
    careless = {rule.do for rule in state.fire("submit", CARELESS, filing_id=call.path["filing_id"], **facts)}
    refused = _check_parameters(state, call, body) or _check_body(state, call, body, careless)
    if refused:
        state.store.count("submissions_refused")
        return refused
    filing_id = str(uuid.UUID(call.path["filing_id"]))
    with state.store.write() as connection:
        known = connection.execute("SELECT * FROM filing WHERE filing_id = ?", [filing_id]).fetchone()
        clash = _clash(connection, call, filing_id, known, body, state.realm.undated, careless)
        if clash:
            state.store.count("submissions_refused")
            return clash
        if known and "forget_id" in careless:
            _forget(connection, known)
        elif known:
            if "bill_twice" in careless:
                wait = 2 * state.options.answer_delay
                state.store.after_commit(lambda: state.work.after(wait, lambda: bill_again(state, filing_id)))
            state.store.count("filings_repeated")
            return Answer(202, reception(known, is_repeat=True))
        return Answer(202, reception(_keep(state, connection, call, filing_id, body), is_repeat=False))


def reception(row: Mapping[str, Any], *, is_repeat: bool) -> dict[str, Any]:
    """Write the reception of a filing."""
    return {
        "filing_id": row["filing_id"],
        "reception_number": row["reception"],
        "received_at": row["received_at"],
        "content_sha256": row["sha256"],
        "duplicate": is_repeat,
    }


def _check_parameters(state: State, call: Call, body: Spooled) -> Answer | None:
    query = call.query
    try:
        uuid.UUID(call.path["filing_id"])
        if query.get("group") is not None:
            uuid.UUID(query["group"])
    except ValueError:
        return problem(400, "request_malformed", "filing_id and group are UUIDs")
    limits = limits_now(state, "submit", kind=query.get("kind"), employer=query.get("employer"))
    kind = query.get("kind", "")
    if kind not in limits.lengths:
        return invalid("kind", f"{kind!r} is not taken; expected one of {sorted(limits.lengths)}", "kind_unknown")
    if not _PERIOD.fullmatch(query.get("period", "")):
        return invalid("period", "expected YYYY-MM")
    if not state.realm.employer.fullmatch(query.get("employer", "")):
        return invalid("employer", f"expected {state.realm.employer_words}")
    if state.employer(query["employer"])["status"] == "unknown":
        return invalid("employer", "no employer has this number", "employer_unknown")
    if not _is_part(query.get("part", "1"), query.get("of", "1")):
        return invalid("part", "expected 1 to 999, not more than of")
    if not 1 <= len(query.get("payroll", "1")) <= 16:
        return invalid("payroll", "expected 1 to 16 characters")
    if body.line_count > limits.max_lines:
        return invalid("body", f"{body.line_count} lines; at most {limits.max_lines}", "too_many_lines")
    return _check_layout(state, kind, limits.lengths[kind], body)


def _is_part(part: str, of: str) -> bool:
    return part.isdecimal() and of.isdecimal() and 1 <= int(part) <= int(of) <= 999


def _check_layout(state: State, kind: str, lengths: tuple[int, ...], body: Spooled) -> Answer | None:
    # Only a length that the usual edition allows is called superseded; any other is a matter for the answer.
    lines = body.head.decode("latin-1").splitlines()
    length = len(lines[1]) if len(lines) > 2 else 0
    allowed = state.realm.allowed_lengths
    if length in allowed(kind, state.realm.lengths.get(kind, lengths)) - allowed(kind, lengths):
        return invalid("body", f"details of {length}; this edition has {list(lengths)}", "layout_superseded")
    return None


def _forget(connection: Any, known: Mapping[str, Any]) -> None:
    # Scripted: the state finds nothing under an id, whatever it did about it before.
    for table, column in (("line", "filing_seq"), ("declared", "filing_seq"), ("filing", "seq")):
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", [known["seq"]])


def _check_body(state: State, call: Call, body: Spooled, careless: set[str]) -> Answer | None:
    if body.is_too_large:
        return problem(413, "file_too_large", f"at most {state.realm.max_bytes} octets")
    given = call.headers.get("content-digest")
    if "no_digest_check" in careless:
        return None
    if given is None:
        return problem(400, "digest_missing", "send Content-Digest with sha-256 over the body")
    match = _DIGEST.fullmatch(given)
    if match is None:
        return problem(400, "request_malformed", "Content-Digest is sha-256=:<base64>:")
    if base64.b64decode(match.group(1)) != body.digest:
        return problem(400, "digest_mismatch", "the body is not the one the digest was made of: send it again")
    return None


def _clash(
    connection: Any, call: Call, filing_id: str, known: Any, body: Spooled, undated: frozenset[str],
    careless: set[str],
) -> Answer | None:  # fmt: skip
    digest = body.digest.hex()
    if known and known["sha256"] != digest and "take_other_bytes" not in careless:
        return problem(
            409, "filing_id_reused", f"{filing_id} already stands for other bytes; take a new id",
            reception_number=known["reception"],
        )  # fmt: skip
    key = call.headers.get("idempotency-key", "").strip('"') or None
    other = (
        key
        and connection.execute(
            "SELECT filing_id FROM filing WHERE idempotency_key = ? AND filing_id <> ?", [key, filing_id]
        ).fetchone()
    )
    if other:
        return invalid("Idempotency-Key", "this key was used for another filing", "idempotency_key_reused")
    twin = None if known or "take_twin" in careless else _twin(connection, call.query, digest, undated)
    if twin:
        return problem(
            409, "duplicate_content", f"the same content was received as {twin['reception']} under another filing id",
            duplicate_of=twin["filing_id"], reception_number=twin["reception"],
        )  # fmt: skip
    return None


def _twin(connection: Any, query: Mapping[str, str], digest: str, undated: frozenset[str]) -> Any:
    """Find the filing that these bytes repeat; where the file itself names no month, only the newest of its kind can be it."""
    values = [query["employer"], query["kind"]]
    if query["kind"] in undated:
        newest = connection.execute(
            "SELECT * FROM filing WHERE employer = ? AND kind = ? ORDER BY seq DESC LIMIT 1", values
        ).fetchone()
        is_same = newest and (newest["sha256"], newest["period"]) == (digest, query["period"])
        return newest if is_same and newest["status"] != "rejected" else None
    return connection.execute(
        "SELECT * FROM filing WHERE employer = ? AND kind = ? AND sha256 = ? AND status <> 'rejected'",
        [*values, digest],
    ).fetchone()


def _keep(state: State, connection: Any, call: Call, filing_id: str, body: Spooled) -> Any:
    query, now = call.query, state.clock.now()
    body.path.replace(state.files / filing_id)
    number = connection.execute("SELECT coalesce(max(seq), 0) + 1 AS n FROM filing").fetchone()["n"]
    renamed = state.fire("submit", frozenset({"new_reference"}), filing_id=filing_id, **query)
    name = f"{now:%Y}/TSS-{number:X}.{query['kind']}" if renamed else f"R{now:%Y%m}{number:09d}"
    connection.execute(
        "INSERT INTO filing (seq, filing_id, reception, kind, employer, period, payrolls, grp, part, parts, sha256,"
        " idempotency_key, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            number, filing_id, name, query["kind"], query["employer"], query["period"],
            json.dumps([query["payroll"]] if query.get("payroll") else []), query.get("group"),
            int(query.get("part", 1)), int(query.get("of", 1)), body.digest.hex(),
            call.headers.get("idempotency-key", "").strip('"') or None, now.isoformat(timespec="milliseconds"),
        ],
    )  # fmt: skip
    state.store.count("filings_received")
    state.store.after_commit(lambda: state.work.after(state.options.answer_delay, lambda: process(state, filing_id)))
    return connection.execute("SELECT * FROM filing WHERE seq = ?", [number]).fetchone()
