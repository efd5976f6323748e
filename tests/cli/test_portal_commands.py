"""The portal path on the command line: download, uploaded, load-answer; nothing happens without --apply."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.filing.filing_town import payroll_of, sealed

from gateway.filing import queries
from gateway.kit.db import Database


def test_files_are_taken_out_marked_as_uploaded_and_their_answer_loaded(
    database: Database, gateway: Callable[..., Any], tmp_path: Path
) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 2)
        filing = sealed(session, payroll_id)
        (document,) = queries.list_documents(session, filing.id)

    def status() -> str:
        with database.session(1) as session:
            return queries.get_filing(session, filing.id).status

    of = ("--mutual", "amparo")
    assert gateway("filing", "file", filing.id, "--to", tmp_path, *of).status == 0
    assert list(tmp_path.glob("AM_*")) == []
    assert gateway("filing", "file", filing.id, "--to", tmp_path, "--apply", *of).status == 0
    assert (tmp_path / document.file_name).stat().st_size == document.byte_count

    marked = gateway("filing", "uploaded", filing.id, "--reception", f"{document.file_name}=R77", *of)
    assert (marked.status, status()) == (0, "sealed")
    marked = gateway("filing", "uploaded", filing.id, "--reception", "R77", "--json", "--apply", *of)
    assert json.loads(marked.out) == {"filing": filing.id, "status": "submitted", document.file_name: "R77"}
    assert gateway("filing", "uploaded", filing.id, "--reception", "x.txt=R77", "--apply", *of).status != 0

    answer = tmp_path / "respuesta.csv"
    answer.write_bytes("Línea;Código\n2;0\n3;x\n4;0\n".encode("latin-1"))
    bad = gateway("filing", "load-answer", filing.id, answer, "--apply", *of)
    assert bad.status != 0
    assert "line 4" in bad.err
    answer.write_bytes("Línea;Código\n3;24\n".encode("latin-1"))
    seen = gateway("filing", "load-answer", filing.id, answer, "--unlisted-accepted", "--json", *of)
    assert (json.loads(seen.out)["outcome"], status()) == ("previewed", "submitted")
    taken = gateway("filing", "load-answer", filing.id, answer, "--unlisted-accepted", "--json", "--apply", *of)
    assert (json.loads(taken.out)["outcome"], status()) == ("applied", "partial")
    assert gateway("filing", "movements", filing.id, "--json", *of).out.strip() == "[]"
