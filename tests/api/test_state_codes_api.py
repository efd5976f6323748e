"""The state's codes over HTTP: each explained in the caller's language, and beside the line it was given to."""

from collections.abc import Callable

import psycopg
from tests.api.calling import Caller
from tests.filing.filing_town import payroll_of

from gateway.kit.db import Database
from gateway.staff.models import Role

LogIn = Callable[..., Caller]
PARTS = {"code", "meaning", "category", "role", "fix", "is_known"}


def test_every_code_is_explained_in_the_callers_language(client: LogIn) -> None:
    reader = client(Role.CASHIER)
    answer = reader.get("/v1/state-codes")
    assert answer.status_code == 200, answer.text
    codes = {row["code"]: row for row in answer.json()["items"]}
    assert len(codes) == 36
    assert all(set(row) == PARTS and all(row[part] for part in PARTS) for row in codes.values())
    assert (codes["155"]["category"], codes["155"]["role"]) == ("mend_data", "filing_officer")
    assert codes["155"]["meaning"] == "La clave de nómina es inválida"
    french = reader.get("/v1/state-codes", headers={"accept-language": "fr"}).json()["items"]
    assert next(row for row in french if row["code"] == "24")["fix"].startswith("Comparez le numéro")
    assert {row["category"] for row in french} == {"accepted", "mend_data", "ask_member", "ask_state", "try_again"}


def test_a_rejected_line_says_what_its_code_means_and_an_unknown_code_is_shown_as_it_came(
    client: LogIn, database: Database
) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 2, paid=[0, 1])
    officer = client(Role.FILING_OFFICER)
    filing_id = officer.post("/v1/filings", {"payroll_id": payroll_id, "period": "2026-03"}).json()["id"]
    assert officer.post(f"/v1/filings/{filing_id}/seal").status_code == 200
    url = f"/v1/filings/{filing_id}/lines"
    assert [line["answer"] for line in officer.get(url).json()["items"]] == [None, None]
    with psycopg.connect(database.url) as owner:
        owner.execute("SELECT set_config('gateway.mutual_id', '1', false)")
        for line_no, code in ((1, "101"), (2, "Z9")):
            owner.execute(
                "UPDATE filing_line SET status = 'rejected', state_code = %s, state_text = 'no', answered_at = now()"
                " WHERE line_no = %s",
                [code, line_no],
            )
    known, unknown = officer.get(url, headers={"accept-language": "en"}).json()["items"]
    assert (known["state_code"], known["answer"]["category"], known["answer"]["role"]) == (
        "101",
        "ask_member",
        "cashier",
    )
    assert known["answer"]["meaning"] == "The document is invalid"
    assert (unknown["answer"]["code"], unknown["answer"]["is_known"], unknown["state_text"]) == ("Z9", False, "no")
    assert "Z9" in unknown["answer"]["meaning"]
