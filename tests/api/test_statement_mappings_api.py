"""A mapping is tried on a file, saved and used over HTTP; a report within the day is refused in words."""

import json
from collections.abc import Callable

from tests.api.calling import Caller
from tests.reconciliation.statements import camt053

from gateway.staff.models import Role

ACCOUNT = {
    "number": "9600000001", "name": "Cuenta", "kind": "bank", "currency": "DOP", "ledger_code": "bank:main",
    "opening_amount": "1000.00", "opening_on": "2026-03-01",
}  # fmt: skip
CONTENT = {
    "account": "9600000001",
    "currency": "DOP",
    "columns": {"booked_on": "Fecha", "amount": "Monto", "balance": "Saldo", "text": "Concepto"},
    "date_format": "DD/MM/YYYY",
    "decimal_mark": ",",
}
TABLE = ("tabla.csv", b"Fecha;Concepto;Monto;Saldo\n03/03/2026;aporte;500,00;1.500,00\n", "text/csv")


def test_a_mapping_is_tried_saved_and_used(client: Callable[..., Caller]) -> None:
    accountant = client(Role.ACCOUNTANT)
    assert accountant.post("/v1/bank-accounts", ACCOUNT).status_code == 201
    seen = accountant.post(
        "/v1/statement-mappings/preview", files={"file": TABLE}, data={"content": json.dumps(CONTENT)}
    )
    assert seen.status_code == 200, seen.text
    (statement,) = seen.json()["statements"]
    assert (statement["opening"], statement["credits"], statement["closing"], statement["is_balanced"]) == (
        "1000.00", "500.00", "1500.00", True,
    )  # fmt: skip
    assert [(line["amount"], line["text"]) for line in seen.json()["lines"]] == [("500.00", "aporte")]
    wrong = accountant.post(
        "/v1/statement-mappings/preview",
        files={"file": TABLE},
        data={"content": json.dumps({**CONTENT, "date_format": "YYYY"})},
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "mapping_invalid")
    assert wrong.json()["errors"][0]["pointer"] == "/date_format"
    saved = accountant.post("/v1/statement-mappings", {"name": "Banco", "content": CONTENT})
    assert (saved.status_code, saved.json()["version"]) == (201, 1)
    assert accountant.get("/v1/statement-mappings").json()["items"] == [saved.json()]
    assert accountant.get(f"/v1/statement-mappings/{saved.json()['id']}").json() == saved.json()
    without = accountant.post("/v1/bank-statements", files={"file": TABLE})
    assert (without.status_code, without.json()["code"]) == (422, "statement_unreadable")
    loaded = accountant.post("/v1/bank-statements", files={"file": TABLE}, data={"mapping_id": saved.json()["id"]})
    assert (loaded.status_code, loaded.json()["new_line_count"]) == (201, 1), loaded.text
    day = ("dia.xml", camt053(0, []).replace(b"BkToCstmrStmt", b"BkToCstmrAcctRpt"), "application/xml")
    refused = accountant.post("/v1/bank-statements", files={"file": day})
    assert (refused.status_code, refused.json()["code"]) == (422, "intraday_report")
