"""Members over HTTP: enrol, change, cover, import; who may, who sees what, and what is refused."""

import datetime as dt
import hashlib
import io
import zipfile
from collections.abc import Callable
from typing import Any

import httpx
import openpyxl
import pytest
from tests.api.calling import Caller

from gateway.kit import working
from gateway.kit.db import Database
from gateway.kit.jobs import Context
from gateway.membership import tasks
from gateway.staff.models import Role

Client = Callable[..., Caller]

CEDULA, OTHER = "999-0000001-8", "999-0000002-6"
HEAD = "Cédula;Nombres;Apellido;Sexo;Fecha de nacimiento;Teléfono;Nómina;Salario;Fecha de ingreso"
ROW = "{};María;Peña;F;3/7/86;809 555 1212;{};15.770,00;1/4/26"
FILE = "\r\n".join([HEAD, ROW.format(CEDULA, "001"), ROW.format(OTHER, "777"), ""]).encode("latin-1")


@pytest.fixture
def manager(client: Client) -> Caller:
    """A manager, and a payroll and a fund of hers."""
    caller = client(Role.MANAGER)
    assert caller.post("/v1/payrolls", {"code": "001", "name": "Peluqueras"}).status_code == 201
    assert caller.post("/v1/funds", {"code": "F1", "name": "Del Este", "treasurer": "Luz"}).status_code == 201
    return caller


def new_member(**more: Any) -> dict[str, Any]:
    return {
        "given_names": "María José",
        "first_surname": "Peña",
        "sex": "F",
        "birth_date": "1986-07-03",
        "phone": "809 555 1212",
        "payroll_id": 1,
        "fund_id": 1,
        "enrolled_from": "2026-01-01",
        "identities": [{"kind": "national_id", "value": CEDULA}],
        "wage": "15770.00",
        "currency": "DOP",
        **more,
    }


def upload(caller: Caller, body: bytes, name: str = "socios.csv", **form: str) -> httpx.Response:
    return caller.post("/v1/member-imports", files={"file": (name, body)}, data=form)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_member_is_enrolled_found_and_shown_with_all_that_belongs_to_her(manager: Caller, client: Client) -> None:
    made = client(Role.CASHIER).post("/v1/members", new_member())
    assert made.status_code == 201, made.text
    shown = made.json()
    assert shown["wage"] == {"amount": "15770.00", "currency": "DOP"}
    assert shown["enrolments"] == [
        {"payroll_id": 1, "payroll_code": "001", "valid_from": "2026-01-01", "valid_to": None}
    ]
    for query in (
        "search=pena%20mar",
        f"identity={CEDULA}",
        f"identity={shown['number']}",
        "phone=809-555-1212",
        "fund_id=1&payroll_id=1",
    ):
        assert [one["id"] for one in manager.get(f"/v1/members?{query}").json()["items"]] == [shown["id"]], query
    assert manager.get("/v1/members?search=nobody").json() == {"items": [], "next_cursor": None}


def test_numbers_are_masked_for_those_who_do_not_need_them(manager: Caller, client: Client) -> None:
    made = manager.post("/v1/members", new_member()).json()
    cover = {"relation": "parent", "given_names": "Rosa", "first_surname": "Peña", "valid_from": "2026-01-01"}
    cover["identity"] = {"kind": "national_id", "value": OTHER}  # type: ignore[assignment]
    assert manager.post(f"/v1/members/{made['id']}/dependants", cover).status_code == 201
    tag = manager.get(f"/v1/members/{made['id']}").headers["etag"]
    assert manager.patch(f"/v1/members/{made['id']}", {"phone": "829 555 0000"}, etag=tag).status_code == 200
    seen = {}
    for role in (Role.COLLECTOR, Role.ACCOUNTANT, Role.AUDITOR, Role.CASHIER):
        caller = client(role)
        member = caller.get(f"/v1/members/{made['id']}").json()
        (dependant,) = caller.get(f"/v1/members/{made['id']}/dependants").json()["items"]
        history = caller.get(f"/v1/members/{made['id']}/history").json()["items"]
        (before,) = [one["detail"]["before"]["phone"] for one in history if one["kind"] == "change"]
        seen[role] = (member["identities"][0]["value"], member["phone"], dependant["identity_value"], before)
    masked = ("•••••••0018", "••••••••0000", "•••••••0026", "••••••••1212")
    whole = ("99900000018", "+18295550000", "99900000026", "+18095551212")
    assert seen == {Role.COLLECTOR: masked, Role.ACCOUNTANT: masked, Role.AUDITOR: whole, Role.CASHIER: whole}


def test_a_change_needs_the_version_that_was_read(manager: Caller) -> None:
    made = manager.post("/v1/members", new_member()).json()
    path = f"/v1/members/{made['id']}"
    tag = manager.get(path).headers["etag"]
    changed = manager.patch(path, {"municipality": "Azua", "fund_id": None}, etag=tag)
    assert (changed.json()["municipality"], changed.json()["fund_id"], changed.json()["version"]) == ("Azua", None, 2)
    assert code(manager.patch(path, {"municipality": "Baní"}, etag=tag)) == (412, "changed_meanwhile")
    assert code(manager.patch(path, {"municipality": "Baní"})) == (428, "if_match_missing")
    assert manager.get(path).json()["municipality"] == "Azua"
    assert manager.patch(path, {"phone": ""}, etag=changed.headers["etag"]).json()["phone"] is None


@pytest.mark.parametrize(
    ("more", "status", "wanted"),
    [
        ({"payroll_id": 99}, 404, "payroll_unknown"),
        ({"fund_id": 99}, 404, "fund_unknown"),
        ({"enrolled_from": "2026-06-01"}, 409, "day_in_future"),
        ({"wage_from": "2026-06-01"}, 409, "day_in_future"),
        ({"wage": "10.005"}, 422, "amount_invalid"),
        ({"wage": "-1.00"}, 422, "amount_invalid"),
        ({"currency": "USD"}, 422, "currency_mismatch"),
        ({"currency": None}, 422, "currency_mismatch"),
        ({"birth_date": "2020-01-01"}, 422, "birth_date_invalid"),
        ({"phone": "12"}, 422, "phone_invalid"),
        ({"given_names": "4"}, 422, "name_invalid"),
        ({"identities": [{"kind": "national_id", "value": "12"}]}, 422, "identity_invalid"),
        ({"sex": "X"}, 422, "malformed"),
        ({"nonsense": 1}, 422, "malformed"),
        ({"given_names": "A\u0000"}, 422, "malformed"),
    ],
)
def test_a_member_who_cannot_be_right_is_refused(
    manager: Caller, more: dict[str, Any], status: int, wanted: str
) -> None:
    assert code(manager.post("/v1/members", new_member(**more))) == (status, wanted)
    assert manager.get("/v1/members").json()["items"] == []


def test_a_duplicate_identity_and_an_unknown_member_are_refused(manager: Caller) -> None:
    manager.post("/v1/members", new_member())
    refused = manager.post("/v1/members", new_member())
    assert code(refused) == (409, "identity_taken")
    assert "María José Peña" in refused.json()["detail"]
    assert code(manager.get("/v1/members/99")) == (404, "member_unknown")
    assert code(manager.get("/v1/members/99/history")) == (404, "member_unknown")
    wage = {"wage": "1.00", "currency": "DOP", "valid_from": "2026-04-01", "reason": "more work"}
    assert code(manager.post("/v1/members/99/wages", wage)) == (404, "member_unknown")


def test_a_dependant_declared_by_two_holders_is_refused_by_name(manager: Caller) -> None:
    for cedula in (CEDULA, OTHER):
        manager.post("/v1/members", new_member(identities=[{"kind": "national_id", "value": cedula}]))
    cover = {
        "relation": "child",
        "given_names": "Luis",
        "first_surname": "Peña",
        "birth_date": "2015-05-05",
        "valid_from": "2026-01-01",
    }
    covered = manager.post("/v1/members/1/dependants", cover)
    assert (covered.status_code, covered.json()["rule"], covered.json()["eligible_until"]) == (
        201,
        "do.child_minor",
        "2033-05-04",
    )
    refused = manager.post("/v1/members/2/dependants", cover)
    assert code(refused) == (409, "dependant_declared_elsewhere")
    assert "Luis Peña is covered through member M0000001" in refused.json()["detail"]
    assert code(manager.post("/v1/members/1/dependants", {**cover, "relation": "cousin"})) == (
        409,
        "dependant_not_eligible",
    )
    ended = manager.post("/v1/members/1/dependants/1/end", {"last_day": "2026-03-31", "reason": "moved out"})
    assert ended.json()["valid_to"] == "2026-04-01"
    assert code(manager.post("/v1/members/1/dependants/9/end", {"last_day": "2026-03-31", "reason": "moved"})) == (
        404,
        "dependant_unknown",
    )


def test_a_member_goes_on_leave_comes_back_leaves_and_returns(manager: Caller) -> None:
    manager.post("/v1/members", new_member())
    path = "/v1/members/1"
    steps = [
        ("leaves", {"kind": "maternity", "first_day": "2026-04-01", "reason": "birth"}, "on_leave"),
        ("return", {"first_day": "2026-04-02", "reason": "back to work"}, "active"),
        ("departure", {"last_day": "2026-04-10", "reason": "moved abroad"}, "left"),
        ("return", {"first_day": "2026-04-20", "payroll_id": 1, "reason": "came back"}, "active"),
    ]
    for action, body, status in steps:
        assert manager.post(f"{path}/{action}", body).json()["status"] == status
    assert code(manager.post(f"{path}/return", steps[1][1])) == (409, "invalid_transition")
    wage = {"wage": "20000.00", "currency": "DOP", "valid_from": "2026-04-01", "reason": "more work"}
    assert manager.post(f"{path}/wages", wage).json()["wage"]["amount"] == "20000.00"
    assert [one["wage"]["amount"] for one in manager.get(f"{path}/wages").json()["items"]] == ["20000.00", "15770.00"]
    assert [one["kind"] for one in manager.get(f"{path}/leaves").json()["items"]] == ["maternity"]
    passport = {"kind": "passport", "value": "RD-12345"}
    assert len(manager.post(f"{path}/identities", passport).json()["identities"]) == 2
    kinds = [one["kind"] for one in manager.get(f"{path}/history").json()["items"]]
    assert kinds.count("step") == 4
    assert {"member", "identity", "enrolment", "enrolment_end", "wage", "leave"} <= set(kinds)


def test_a_retry_enrols_once(manager: Caller) -> None:
    first = manager.post("/v1/members", new_member(), key="k")
    again = manager.post("/v1/members", new_member(), key="k")
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert code(manager.post("/v1/members", new_member(sex="M"), key="k")) == (422, "idempotency_key_reused")


def test_a_file_is_previewed_applied_mended_and_sent_again(manager: Caller) -> None:
    looked = upload(manager, FILE)
    assert looked.status_code == 201, looked.text
    seen = looked.json()
    assert (seen["state"], seen["create_count"], seen["refused_count"], seen["encoding"]) == (
        "previewed",
        1,
        1,
        "cp1252",
    )
    assert manager.get("/v1/members").json()["items"] == []
    (bad,) = manager.get(f"/v1/member-imports/{seen['id']}/rows?action=refuse").json()["items"]
    assert (bad["row_no"], bad["problems"][0]["column"], bad["problems"][0]["code"]) == (3, "Nómina", "code_invalid")
    path = f"/v1/member-imports/{seen['id']}/application"
    refused = manager.post(path, {"policy": "all_or_nothing"})
    assert code(refused) == (409, "import_has_refused_rows")
    assert refused.json()["errors"][0]["pointer"] == "line 3, column Nómina"
    done = manager.post(path, {"policy": "good_rows"}).json()
    assert (done["state"], done["create_count"], done["applied_by"]) == ("applied", 1, "staff:manager")
    (good,) = manager.get(f"/v1/member-imports/{seen['id']}/rows?action=create").json()["items"]
    assert (good["fields"]["wage"], good["member_id"]) == ("15770.00", 1)
    sent = manager.get(f"/v1/member-imports/{seen['id']}/refused")
    assert sent.headers["content-disposition"] == "attachment; filename*=UTF-8''socios-refused.csv"
    assert sent.content.decode("cp1252").splitlines()[0] == HEAD + ";motivo"
    again = upload(manager, sent.content.replace(b";777;", b";001;")).json()
    assert (again["create_count"], again["refused_count"]) == (1, 0)
    assert manager.get(f"/v1/member-imports/{again['id']}").json() == again
    assert [one["id"] for one in manager.get("/v1/member-imports").json()["items"]] == [again["id"], seen["id"]]


def test_importing_the_same_file_twice_changes_nothing_and_says_so(manager: Caller) -> None:
    body = "\n".join([HEAD, ROW.format(CEDULA, "001"), ""]).encode()
    first = upload(manager, body).json()
    manager.post(f"/v1/member-imports/{first['id']}/application", {"policy": "all_or_nothing"})
    again = upload(manager, body).json()
    assert (again["repeats_id"], again["same_count"], again["create_count"], again["change_count"]) == (
        first["id"],
        1,
        0,
        0,
    )


def test_a_file_of_dependants_comes_through_the_same_door(manager: Caller) -> None:
    manager.post("/v1/members", new_member())
    body = f"Cédula del titular;Parentesco;Nombres;Apellido;Fecha de nacimiento\n{CEDULA};hijo;Luis;Peña;5/5/2015\n".encode()
    looked = upload(manager, body, kind="dependants").json()
    assert (looked["kind"], looked["create_count"]) == ("dependants", 1)
    manager.post(f"/v1/member-imports/{looked['id']}/application", {"policy": "good_rows"})
    assert [one["rule"] for one in manager.get("/v1/members/1/dependants").json()["items"]] == ["do.child_minor"]


def _bomb() -> bytes:
    book, written = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(book)
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, b"0" * (800 << 20) if part.endswith("sheet1.xml") else old.read(part))
    return written.getvalue()


@pytest.mark.parametrize(
    ("body", "status", "wanted"),
    [
        (b"", 422, "file_unreadable"),
        (b"nombre,edad\nAna,5\n", 422, "file_header"),
        (FILE[:-40], 422, "file_truncated"),
        (b"cedula,nombres\n1,A\x00na\n", 422, "file_encoding"),
        ("cedula,nombres\n1,Peña\n".encode() + b"2,Mu\xf1oz\n", 422, "file_encoding"),
        (b"PK\x03\x04not a workbook", 422, "file_truncated"),
        (b"cedula" + b",x" * 1_000_000 + b"\n", 413, "file_too_large"),
    ],
    ids=["empty", "no columns of ours", "truncated", "nul", "two encodings", "no workbook", "a million columns"],
)
def test_a_file_that_cannot_be_read_is_refused_and_not_kept(
    manager: Caller, body: bytes, status: int, wanted: str
) -> None:
    refused = upload(manager, body)
    assert code(refused) == (status, wanted)
    assert refused.json()["outcome"] == "not_done"
    assert manager.get("/v1/member-imports").json()["items"] == []


def test_a_zip_bomb_is_refused(manager: Caller) -> None:
    assert code(upload(manager, _bomb(), "socios.xlsx")) == (413, "file_too_large")


def test_an_upload_that_is_not_what_was_sent_is_refused(manager: Caller) -> None:
    digest = hashlib.sha256(FILE).hexdigest()
    assert code(upload(manager, FILE[:-2], sha256=digest)) == (422, "file_digest")
    assert upload(manager, FILE, sha256=digest).status_code == 201


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.ACCOUNTANT, Role.AUDITOR])
def test_who_may_only_read_writes_nothing(manager: Caller, client: Client, role: Role) -> None:
    caller = client(role)
    assert caller.get("/v1/members").status_code == 200
    assert code(caller.post("/v1/members", new_member())) == (403, "forbidden")
    assert code(upload(caller, FILE)) == (403, "forbidden")


def test_members_come_in_pages(manager: Caller) -> None:
    for _ in range(3):
        manager.post("/v1/members", new_member(identities=[]))
    first = manager.get("/v1/members?limit=2")
    assert 'rel="next"' in first.headers["link"]
    second = manager.get(f"/v1/members?limit=2&cursor={first.json()['next_cursor']}").json()
    assert [one["id"] for one in [*first.json()["items"], *second["items"]]] == [1, 2, 3]
    assert second["next_cursor"] is None


def test_a_worker_looks_at_a_file_and_writes_it_and_its_progress_is_told(manager: Caller, database: Database) -> None:
    assert tasks
    form = {"kind": "members", "in_background": "true"}
    kept = manager.post("/v1/member-imports", files={"file": ("socios.csv", FILE)}, data=form).json()
    address = f"/v1/member-imports/{kept['id']}"
    assert (kept["state"], kept["row_count"]) == ("uploaded", 0)
    progress = kept["progress"]
    assert (progress["work"], progress["state"], progress["step"], progress["is_quiet"]) == (
        "look",
        "waiting",
        "",
        False,
    )
    assert code(manager.post(f"{address}/application", {"policy": "good_rows"})) == (409, "import_not_looked_at")
    told: list[tuple[str, str]] = []

    def note(point: str) -> None:
        found = manager.get(address).json()
        told.append((point, found["progress"]["state"]))

    context = Context(database, lambda _zone: dt.date(2026, 5, 4), {}, "test", note)
    working.work_off(context)
    assert [point for point, _ in told] == [
        f"progress.{step}" for step in ("read", "relate", "keep", "member_import.done")
    ]
    looked = manager.get(address).json()
    assert (looked["state"], looked["create_count"], looked["progress"]["state"]) == ("previewed", 1, "done")
    wanted = {"policy": "all_or_nothing", "in_background": True}
    asked = manager.post(f"{address}/application", wanted).json()
    again = manager.post(f"{address}/application", wanted).json()
    assert asked["progress"]["state"] == again["progress"]["state"] == "waiting"
    working.work_off(context)
    refused = manager.get(address).json()
    assert (refused["state"], refused["progress"]["state"]) == ("previewed", "failed")
    assert refused["progress"]["code"] == "import_has_refused_rows"
    manager.post(f"{address}/application", {"policy": "good_rows", "in_background": True})
    working.work_off(context)
    done = manager.get(address).json()
    assert (done["state"], done["applied_by"], done["progress"]["state"]) == ("applied", "staff:manager", "done")
