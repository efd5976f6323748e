"""What the state takes today."""

from dataclasses import dataclass
from typing import Any

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.state.core import LASTING, State

MAX_LINES = 999_999
MAX_PAGE = 10_000


@dataclass
class Limits:
    """Limits in force, after what the script says."""

    lengths: dict[str, tuple[int, ...]]
    editions: dict[str, str]
    max_lines: int = MAX_LINES
    max_page: int = MAX_PAGE


def limits_now(state: State, on: str = "limits", **facts: Any) -> Limits:
    """Return the limits in force on the business date."""
    limits = Limits(dict(state.realm.lengths), dict(state.realm.editions))
    for rule in state.fire(on, LASTING, **facts):
        limits.max_lines = int(rule.get("max_lines_per_file", limits.max_lines))
        limits.max_page = int(rule.get("max_page_size", limits.max_page))
        if rule.do == "layout_switch":
            kind = str(rule.get("kind", next(iter(limits.lengths))))
            limits.lengths[kind] = tuple(rule.get("detail_lengths", [330]))
            limits.editions[kind] = str(rule.get("edition", state.clock.today().strftime("%Y-%m")))
    return limits


def get_limits(state: State, _call: Call) -> Answer:
    """GET /limits."""
    limits = limits_now(state)
    return Answer(
        body={
            "country": state.realm.country,
            "currency": state.currency.code,
            "business_date": state.clock.today().isoformat(),
            "kinds": sorted(limits.lengths),
            "max_lines_per_file": limits.max_lines,
            "max_page_size": limits.max_page,
            "layouts": [
                {"kind": kind, "edition": limits.editions[kind], "detail_lengths": list(lengths)}
                for kind, lengths in limits.lengths.items()
            ],
        }
    )
