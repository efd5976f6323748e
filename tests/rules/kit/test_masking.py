"""No identity number, telephone, account or token reaches a log line."""

import io
import json
import logging

import pytest
import structlog

from gateway.kit import logs


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cédula 999-0000001-7 unknown", "cédula ***-7 unknown"),
        ("cédula 99900000017 unknown", "cédula ***17 unknown"),
        ("call +1 809 555 0123 now", "call ***23 now"),
        ("+18095550123", "***23"),
        ("token gw_1_OaB1p-YEg25wT2dSC1DwES3rz9K1cmB9K9_qs253FWw here", "token *** here"),
        ("Bearer abcdefgh12345678", "***"),
        ("postgresql://gateway:hunter2@db/gateway", "postgresql://gateway:***@db/gateway"),
        ("at 2026-04-02 10:00:00 line 3", "at 2026-04-02 10:00:00 line 3"),
        ("filing 3, 4923.27 DOP, 60000 lines", "filing 3, 4923.27 DOP, 60000 lines"),
        ("period 2026-04", "period 2026-04"),
    ],
)
def test_a_text_is_shown_without_what_identifies_somebody(text: str, shown: str) -> None:
    assert logs.mask(text) == shown


def test_a_log_line_of_any_library_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", written)
    try:
        logs.configure(form="json", level="info")
        logging.getLogger("some.library").info("sent to +18095550123")
        logs.note_request(method="GET", route="/v1/members/{member_id}", status=200, ms=1.5, trace_id="ab" * 16)
        structlog.get_logger("gateway").info("enrolled", phone="+18095550123", member={"document": "99900000017"}, id=7)
        try:
            raise ValueError("cédula 99900000017 is held twice")
        except ValueError as error:
            structlog.get_logger("gateway").error("failed", exc_info=error)
    finally:
        root.handlers[:], root.level = before
        structlog.reset_defaults()
        monkeypatch.setattr(logs, "_is_json", False)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert len(lines) == 4
    assert "8095550123" not in written.getvalue()
    assert "99900000017" not in written.getvalue()
    assert (lines[2]["phone"], lines[2]["member"], lines[2]["id"]) == ("***", {"document": "***"}, 7)
    assert (lines[1]["event"], lines[1]["route"], lines[1]["status"]) == ("request", "/v1/members/{member_id}", 200)
    assert "ValueError" in lines[3]["exception"]
