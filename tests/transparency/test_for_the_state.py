"""The log for the state's systems: the same heads, and the proofs of filings, which their auditors check without us."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.calling import InProcess
from tests.statelink.state_town import System, looks, register, settings_of
from tests.transparency.forging import Forger, note, public
from tests.transparency.log_town import KEY, ORIGIN, Town, build, log, seal_books

from gateway.api.app import create_app
from gateway.kit import db
from gateway.kit.db import Database
from gateway.transparency import verify_proof

AT = "/v1/state/transparency"


@pytest.fixture
def town(database: Database) -> Town:
    made = build(database)
    seal_books(database)
    log(database, KEY)
    return made


@pytest.fixture
def system(database: Database, town: Town, tmp_path: Path) -> Iterator[System]:
    with InProcess(create_app(settings_of(database, tmp_path), database)) as transport:
        yield register(database, transport).log_in()


def test_the_states_auditors_check_a_filing_and_a_line_without_us(
    database: Database, town: Town, system: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.session(1) as session:
        filing = db.one(
            session, "SELECT f.reference, d.reference AS file, d.sha256 FROM filing f JOIN filing_document d ON true"
        )
    head = system.get(AT).json()["head"]
    entries = [one["entry"] for one in system.get(f"{AT}/entries").json()["items"]]
    assert head["checkpoint"] == note(ORIGIN, entries, KEY)
    assert system.get(f"{AT}/keys").json()["items"][0]["public_key"] == public(KEY)
    assert len(system.get(f"{AT}/history").json()["items"]) == 1
    way = system.get(f"{AT}/consistency?from=2").json()
    assert (way["from_size"], way["to_size"]) == (2, 4)

    whole = system.get(f"{AT}/filings/{filing.file}?since=2").json()
    line = system.get(f"{AT}/filings/{filing.reference}/lines/7").json()
    saved = tmp_path / "saved.txt"
    saved.write_text(note(ORIGIN, entries[:2], KEY))
    for proof, sentence in ((whole, filing.sha256), (line, "The state REFUSED line 7")):
        path = tmp_path / "proof.json"
        path.write_text(json.dumps(proof))
        held = ["--saved", str(saved)] if proof is whole else []
        assert verify_proof.main([str(path), "--key", public(KEY), *held]) == 0
        assert sentence in capsys.readouterr().out
        forged = Forger(proof, entries, KEY).in_leaf(0, filing=9)
        path.write_text(json.dumps(forged))
        assert verify_proof.main([str(path), "--key", public(KEY)]) == 1
    seen = looks(database)
    assert (len(seen), seen[0].detail["what"]) == (1, "proof"), (
        "a look at a person is written down; at digests it is none"
    )


def test_what_is_not_there_or_not_theirs_is_refused(
    database: Database, town: Town, system: System, tmp_path: Path
) -> None:
    with database.session(1) as session:
        reference = db.scalar(session, "SELECT reference FROM filing")
    assert system.get(f"{AT}/filings/{reference}/lines/99").json()["code"] == "not_in_log"
    assert system.get(f"{AT}/consistency?from=9").json()["code"] == "log_range"
    with InProcess(create_app(settings_of(database, tmp_path), database)) as transport:
        other = register(database, transport, mutual=2).log_in()
        assert other.get(f"{AT}/filings/{reference}").status_code == 404
        assert other.get(AT).json()["code"] == "log_unsigned"
        narrow = register(database, transport, scopes=["transparency:read"]).log_in()
        assert narrow.get(f"{AT}/filings/{reference}").status_code == 200
        assert narrow.get(f"{AT}/filings/{reference}/lines/1").status_code == 403
