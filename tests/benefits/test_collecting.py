"""The state's advices are fetched page by page over its own contract, kept whole, and recorded once."""

import datetime as dt
import json
from collections.abc import Callable

import httpx
import pytest

from gateway.authority.connect import state_channel
from gateway.authority.errors import AuthorityUnavailableError, OutcomeUnknownError
from gateway.benefits.queries import list_lines, list_remittances
from gateway.benefits.tasks import collect_advices
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.jobs import Context

HEAD = {
    "remittance_id": "S1",
    "employer": "401999999",
    "currency": "DOP",
    "status": "paid",
    "advised_at": "2026-04-16T02:00:00Z",
    "paid_on": "2026-04-15",
    "line_count": 3,
    "total": "600.00",
    "by_benefit": [{"benefit": "maternity", "line_count": 3, "amount": "600.00"}],
    "end_to_end_id": "E2E-S1",
    "bank_reference": None,
    "account": "DO01",
}


def of_line(number: int, amount: str) -> dict[str, object]:
    return {
        "line": number,
        "holder_document_type": "C",
        "holder_document": f"9990000000{number}",
        "benefit": "maternity",
        "claim_reference": f"M{number}",
        "period": "2026-03",
        "amount": amount,
        "instalment": 1,
        "of": 4,
    }


class State:
    """A state that answers from lists, over the real adapter."""

    def __init__(self) -> None:
        self.advices = [dict(HEAD)]
        self.pages = [[of_line(1, "100.00"), of_line(2, "200.00")], [of_line(3, "300.00")]]
        self.asked: list[str] = []
        self.spoil: Callable[[httpx.Request], httpx.Response | None] = lambda _request: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path.rpartition("/remittances")[2])
        spoiled = self.spoil(request)
        if spoiled is not None:
            return spoiled
        if request.url.path.endswith("/lines"):
            number = int(request.url.params.get("cursor", "0"))
            head = {name: HEAD[name] for name in ("remittance_id", "employer", "currency", "line_count", "total")}
            following = str(number + 1) if number + 1 < len(self.pages) else None
            return httpx.Response(200, json={**head, "lines": self.pages[number], "next_cursor": following})
        return httpx.Response(200, json={"remittances": self.advices, "next_cursor": None})


def working(database: Database, state: State) -> Context:
    def channel(_mutual: object) -> object:
        return state_channel("do", "http://state.test", "token", http=httpx.MockTransport(state))

    return Context(database, lambda _zone: dt.date(2026, 4, 20), {"state": channel}, "w1")


def test_advices_are_recorded_with_their_lines_and_evidence(database: Database) -> None:
    collect_advices(working(database, State()), 1)
    with database.session(1) as session:
        (remittance,) = list_remittances(session)
        assert (remittance.status, remittance.total_minor, remittance.line_count) == ("advised", 600_00, 3)
        assert remittance.advised_on == dt.date(2026, 4, 15), "the day where the mutual is, not in London"
        lines = list_lines(session, remittance.id)
        assert [(row.document_kind, row.document, row.amount_minor) for row in lines] == [
            ("national_id", "99900000001", 100_00),
            ("national_id", "99900000002", 200_00),
            ("national_id", "99900000003", 300_00),
        ]
        kept = db.rows(session, "SELECT kind, body FROM evidence ORDER BY id")
        assert [row.kind for row in kept] == ["state.remittance", "state.remittance_lines", "state.remittance_lines"]
        assert json.loads(bytes(kept[1].body))["lines"][0]["claim_reference"] == "M1"


def test_a_second_round_asks_for_no_lines_and_records_nothing(database: Database) -> None:
    state = State()
    collect_advices(working(database, state), 1)
    state.asked.clear()
    collect_advices(working(database, state), 1)
    assert state.asked == [""]
    with database.session(1) as session:
        assert len(list_remittances(session)) == 1
        assert db.scalar(session, "SELECT count(*) FROM evidence") == 3


def test_a_cut_list_of_lines_is_quarantined_with_its_evidence_and_mended_by_a_whole_one(database: Database) -> None:
    state = State()
    whole, state.pages = state.pages, state.pages[:1]
    collect_advices(working(database, state), 1)
    with database.session(1) as session:
        (remittance,) = list_remittances(session)
        assert (remittance.status, remittance.problem) == ("quarantined", "2 lines came, 3 were advised")
        assert list_lines(session, remittance.id) == []
        assert db.scalar(session, "SELECT count(*) FROM evidence") == 2
    state.pages = whole
    collect_advices(working(database, state), 1)
    with database.session(1) as session:
        assert list_remittances(session)[0].status == "advised"


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"employer": "130000000"}, "for the employer 130000000"), ({"line_count": 4}, "says line_count 3")],
)
def test_an_advice_for_another_employer_or_with_other_counts_is_quarantined(
    database: Database, changes: dict[str, object], said: str
) -> None:
    state = State()
    state.advices[0].update(changes)
    collect_advices(working(database, state), 1)
    with database.session(1) as session:
        (remittance,) = list_remittances(session)
        assert remittance.status == "quarantined"
        assert said in (remittance.problem or "")


def test_a_state_that_changes_its_mind_is_written_down_and_nothing_edited(database: Database) -> None:
    state = State()
    collect_advices(working(database, state), 1)
    state.advices[0]["total"] = "700.00"
    collect_advices(working(database, state), 1)
    with database.session(1) as session:
        (remittance,) = list_remittances(session)
        assert (remittance.status, remittance.total_minor) == ("advised", 600_00)
        assert remittance.problem == "the state says total_minor 70000 now; it advised 60000"


def test_an_advice_that_cannot_be_read_stands_in_no_others_way(database: Database) -> None:
    state = State()
    state.advices.insert(0, {**HEAD, "remittance_id": "S0", "end_to_end_id": "E2E-S0"})

    def cut(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, content=b'{"lines": [') if "/S0/" in request.url.path else None

    state.spoil = cut
    with pytest.raises(OutcomeUnknownError):
        collect_advices(working(database, state), 1)
    with database.session(1) as session:
        assert [row.authority_reference for row in list_remittances(session)] == ["S1"]
        kept = db.rows(session, "SELECT body FROM evidence WHERE kind = 'state.unreadable'")
        assert [bytes(row.body) for row in kept] == [b'{"lines": [']


def test_a_state_that_is_down_is_asked_again_later(database: Database) -> None:
    state = State()

    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    state.spoil = down
    with pytest.raises(AuthorityUnavailableError):
        collect_advices(working(database, state), 1)
    state.spoil = lambda _request: None
    collect_advices(working(database, state), 1)
    with database.session(1) as session:
        assert len(list_remittances(session)) == 1
