"""A manager takes off the second factor of somebody whose telephone is lost."""

from collections.abc import Callable

from sqlmodel import Session
from tests.api.calling import Caller

from gateway.kit import db
from gateway.kit.db import Database

Client = Callable[..., Caller]


def set_up(session: Session, username: str) -> int:
    user_id = int(db.scalar(session, "SELECT id FROM staff_user WHERE username = :name", {"name": username}))
    db.run(
        session,
        "INSERT INTO staff_factor (user_id, sealed_secret, confirmed_at) VALUES (:user_id, 'x', now())",
        {"user_id": user_id},
    )
    return user_id


def test_it_is_taken_off_with_a_reason_and_she_is_logged_out_everywhere(client: Client, database: Database) -> None:
    manager, cashier = client("manager"), client("cashier")
    with database.session(1) as session:
        user_id = set_up(session, "cashier")
    at = f"/v1/staff-users/{user_id}/second-factor"
    assert manager.delete(at).status_code == 422
    assert cashier.delete(f"{at}?reason=mine").status_code == 403
    assert manager.delete("/v1/staff-users/999/second-factor?reason=lost").status_code == 404
    assert manager.delete(f"{at}?reason=her telephone was stolen").status_code == 204
    assert cashier.get("/v1/me/staff").status_code == 401
    with database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM staff_factor WHERE confirmed_at IS NOT NULL") == 0
    (row,) = manager.get("/v1/audit-log?action=second_factor").json()["items"]
    assert (row["action"], row["reason"], row["actor"]) == (
        "second_factor.take_off",
        "her telephone was stolen",
        "staff:manager",
    )
