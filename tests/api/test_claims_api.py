"""Claims over HTTP: from the eligibility asked at the counter to the closing; who sees what is about health."""

import json
from collections.abc import Callable

import pytest
from tests.api.calling import Caller
from tests.benefits.paid import accepted_months
from tests.paying import make_members, open_bank

from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.staff.models import Role

WAGE = 2_322_300
YEAR = {str(Period(2025, 3).plus(n)): WAGE for n in range(12)}
ILL = {
    "kind": "common_illness",
    "starts_on": "2026-03-02",
    "stretches": [{"from": "2026-03-02", "to": "2026-03-14", "place": "hospital"}],
    "diagnosis": "J18.9",
}


@pytest.fixture
def member(database: Database) -> int:
    """A member with a paid year."""
    with database.session(1) as session:
        open_bank(session)
        (made,) = make_members(session, 1)
    accepted_months(database.url, made, YEAR)
    return made


def done(answer, status: int = 201):
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_maternity_goes_from_the_counter_to_an_advance_and_a_word_of_two_people(
    client: Callable[..., Caller], member: int
) -> None:
    officer = client(Role.BENEFITS_OFFICER)
    asked = f"/v1/members/{member}/eligibility?kind=maternity&on=2026-03-02"
    told = done(client(Role.CASHIER).get(asked), 200)
    assert (told["is_eligible"], told["paid_count"], told["needed_count"]) == (True, 12, 8)
    assert told["words"]["es"] == "12 de 8 meses pagados entre marzo de 2025 y febrero de 2026; tiene derecho."
    assert {value["name"]: value["mark"] for value in told["values"]} == {
        "maternity.months_needed": "1",
        "maternity.months_looked_at": "1",
    }
    claim = done(officer.post("/v1/claims", {"member_id": member, "kind": "maternity", "starts_on": "2026-03-02"}))
    at = f"/v1/claims/{claim['id']}"
    codes = [item["code"] for item in claim["checklist"]]
    early = officer.post(f"{at}/submission", {})
    assert (early.status_code, early.json()["code"]) == (409, "invalid_transition")
    assert done(officer.post(f"{at}/documents", {"codes": codes}))["status"] == "documented"
    sent = done(officer.post(f"{at}/submission", {"authority_reference": "M1"}))
    assert (sent["computed"], [one["expected"] for one in sent["instalments"]]) == (
        "75028.15", ["23223.00", "23223.00", "23223.00", "5359.15"],
    )  # fmt: skip
    assert sent["is_verified"] is False
    key = officer.post(f"{at}/advance", {"instalment": 1}, key="k1")
    assert done(key)["outstanding"] == "23223.00"
    assert officer.post(f"{at}/advance", {"instalment": 1}, key="k1").headers["idempotency-replayed"] == "true"
    none = officer.post(f"{at}/advance", {"instalment": 9})
    assert (none.status_code, none.json()["code"]) == (404, "instalment_not_found")
    unsaid = officer.post(f"{at}/decision", {"outcome": "refused"})
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "claim_invalid")
    done(officer.post(f"{at}/decision", {"outcome": "refused", "reason": "asked too late"}))
    assert officer.post(f"{at}/closing").json()["code"] == "advance_outstanding"
    word = {"outcome": "loss", "reason": "we handed it in too late"}
    assert officer.post(f"{at}/write-off", word).status_code == 403, "a manager's act"
    mara, eva = client(Role.MANAGER, name="mara"), client(Role.MANAGER, name="eva")
    done(mara.post(f"{at}/write-off", word))
    assert mara.post(f"{at}/write-off/approval").json()["code"] == "second_person_needed"
    assert done(eva.post(f"{at}/write-off/approval"))["status"] == "approved"
    closed = done(officer.post(f"{at}/closing"))
    assert (closed["status"], closed["written_off"], closed["outstanding"]) == ("closed", "23223.00", "0.00")


def test_what_is_about_health_is_seen_by_those_who_need_it_alone(client: Callable[..., Caller], member: int) -> None:
    officer = client(Role.BENEFITS_OFFICER)
    claim = done(officer.post("/v1/claims", {"member_id": member, **ILL}))
    assert claim["health"]["diagnosis"] == "J18.9"
    assert claim["health"]["stretches"] == ILL["stretches"]
    at = f"/v1/claims/{claim['id']}"
    assert client(Role.AUDITOR).get(at).json()["health"]["diagnosis"] == "J18.9"
    for role in (Role.ACCOUNTANT, Role.MANAGER):
        for answer in (client(role).get(at), client(role).get("/v1/claims"), client(role).get("/v1/claims/deadlines")):
            said = json.dumps(done(answer, 200))
            assert not [word for word in ("J18", "hospital", "2026-03-02", "2026-03-14") if word in said], role
        assert client(role).get(at).json()["health"] is None
    assert "J18" not in officer.get("/v1/claims").text, "no list holds a diagnosis"
    for role in (Role.CASHIER, Role.COLLECTOR, Role.FILING_OFFICER):
        assert client(role).get(at).status_code == 403
    assert client(Role.MANAGER).post("/v1/claims", {"member_id": member, **ILL}).status_code == 403
    listed = done(client(Role.MANAGER).get("/v1/claims/deadlines"), 200)["items"]
    assert [(row["claim_id"], row["submit_by"], row["days_left"]) for row in listed] == [
        (claim["id"], "2026-05-01", 29)
    ]
    found = done(officer.get("/v1/claims?kind=common_illness&status=opened"), 200)["items"]
    assert [row["id"] for row in found] == [claim["id"]]
    assert done(officer.get("/v1/claims?kind=maternity"), 200)["items"] == []
    elsewhere = client(Role.BENEFITS_OFFICER, mutual=2)
    assert (elsewhere.get(at).status_code, elsewhere.get("/v1/claims").json()["items"]) == (404, [])


def test_amounts_of_breastfeeding_are_entered_with_their_source_and_missing_ones_named(
    client: Callable[..., Caller], member: int
) -> None:
    officer = client(Role.BENEFITS_OFFICER)
    born = {"member_id": member, "kind": "breastfeeding", "starts_on": "2026-03-02", "children": 2}
    claim = done(officer.post("/v1/claims", born))
    at = f"/v1/claims/{claim['id']}"
    done(officer.post(f"{at}/documents", {"codes": ["birth_certificate", "bank_account"]}))
    missing = officer.post(f"{at}/submission", {})
    assert (missing.status_code, missing.json()["code"]) == (409, "benefit_amount_missing")
    entered = {"band": 1, "valid_from": "2026-01-01", "amount": "1500.00", "currency": "DOP", "source": "circular 12"}
    done(officer.post("/v1/benefit-amounts", entered))
    bad = officer.post("/v1/benefit-amounts", {**entered, "band": 4})
    assert (bad.status_code, bad.json()["code"]) == (422, "benefit_amount_invalid")
    assert [row["amount"] for row in done(client(Role.AUDITOR).get("/v1/benefit-amounts"), 200)["items"]] == ["1500.00"]
    assert done(officer.post(f"{at}/submission", {}))["computed"] == "3000.00"
    assert officer.post(f"{at}/advance", {"instalment": 1}).json()["code"] == "advance_refused"
