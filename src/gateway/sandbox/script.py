"""What an outside world was told to do wrong: rules, and which of them apply to what is happening now.

A rule is ``{"on": …, "do": …}`` with, optionally, ``nth`` (which occurrences, counted from 1 since the rule was set),
``times`` (how often at most; null is for ever; 1 unless ``nth`` is given or the thing itself lasts), ``match`` (facts it asks for), ``from`` and
``until`` (business dates) and whatever its ``do`` needs. ``on`` may be a list, or ``"*"`` for every request.
"""

import datetime as dt
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ON_THE_WIRE = frozenset(
    {
        "delay", "drop_before", "drop_after", "status", "rate_limit", "maintenance", "down", "truncate",
        "no_content_204", "non_utf8", "refuse_with_200", "plain_errors", "media_type",
    }
)  # fmt: skip
"""What can befall any request, whatever it asks for."""
AT_THE_DOOR = frozenset({"no_authentication"})
"""What is wrong before a request is read."""
HABITS = frozenset(
    {
        "refuse_with_200", "plain_errors", "media_type", "no_authentication", "drop_member", "naive_instants",
        "loose_amounts", "wrong_total", "forget_id", "bill_twice", "take_other_bytes", "take_twin", "no_digest_check",
        "overlap", "any_cursor", "uneven_groups", "of_nothing", "unsigned", "once",
    }
)  # fmt: skip
"""How a state that was built wrongly behaves, always."""
LASTING = HABITS | {"down", "layout_switch", "lower_limits"}
"""What goes on for ever unless a rule says otherwise."""
_KEPT = {"on", "do", "nth", "times", "match", "from", "until"}


class ScriptError(ValueError):
    """A rule that cannot be followed."""


@dataclass
class Rule:
    """One instruction to misbehave."""

    on: frozenset[str]
    do: str
    nth: frozenset[int] | None
    times: int | None
    match: Mapping[str, Any]
    starts: str
    ends: str
    args: Mapping[str, Any]
    seen: int = 0
    fired: int = field(default=0)

    def get(self, name: str, default: Any = None) -> Any:
        """Return one of the rule's own arguments."""
        return self.args.get(name, default)

    def wants(self, on: str, facts: Mapping[str, Any], today: str) -> bool:
        """Tell whether the rule speaks of this at all."""
        named = on in self.on or ("*" in self.on and on != "callback")
        if not named or not self.starts <= today <= self.ends:
            return False
        return all(_agrees(wanted, facts.get(name)) for name, wanted in self.match.items())

    def take_turn(self) -> bool:
        """Count an occurrence and tell whether it is one to misbehave at."""
        self.seen += 1
        if self.nth is not None and self.seen not in self.nth:
            return False
        if self.times is not None and self.fired >= self.times:
            return False
        self.fired += 1
        return True


def _agrees(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, list):
        return str(found) in {str(one) for one in wanted}
    return str(found) == str(wanted)


def _whole_numbers(value: Any, name: str) -> frozenset[int] | None:
    if value is None:
        return None
    numbers = value if isinstance(value, list) else [value]
    if not all(isinstance(number, int) and number > 0 for number in numbers):
        raise ScriptError(f"{name} is a number from 1, or a list of them; found {value!r}")
    return frozenset(numbers)


class Script:
    """The rules in force."""

    def __init__(self, known: Mapping[str, Collection[str]]) -> None:
        self._known = known
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def set(self, rules: Iterable[Mapping[str, Any]]) -> None:
        """Replace every rule.

        Raises:
            ScriptError: A rule names an ``on`` or a ``do`` that is not known, or counts wrongly.
        """
        read = [self._read(rule) for rule in rules]
        with self._lock:
            self._rules = read

    def add(self, rules: Iterable[Mapping[str, Any]]) -> None:
        """Add rules after those in force."""
        read = [self._read(rule) for rule in rules]
        with self._lock:
            self._rules = [*self._rules, *read]

    def fire(self, on: str, do: Collection[str], facts: Mapping[str, Any], today: dt.date) -> Sequence[Rule]:
        """Return the rules to follow now; being returned counts as an occurrence of each."""
        with self._lock:
            fitting = [rule for rule in self._rules if rule.do in do and rule.wants(on, facts, today.isoformat())]
            return [rule for rule in fitting if rule.take_turn()]

    def describe(self) -> list[dict[str, Any]]:
        """Return the rules and how often each was seen and followed."""
        with self._lock:
            return [
                {"on": sorted(rule.on), "do": rule.do, "seen": rule.seen, "fired": rule.fired, **dict(rule.args)}
                for rule in self._rules
            ]

    def _read(self, rule: Mapping[str, Any]) -> Rule:
        on = rule.get("on")
        named = frozenset(on if isinstance(on, list) else str(on).split("|"))
        unknown = named - set(self._known) - {"*"}
        if unknown:
            raise ScriptError(f"on {sorted(unknown)} is not known; expected *, {', '.join(sorted(self._known))}")
        do = str(rule.get("do"))
        allowed = set(ON_THE_WIRE | AT_THE_DOOR).union(*(self._known[one] for one in named if one != "*"))
        if do not in allowed:
            raise ScriptError(
                f"do {do!r} is not known on {sorted(named)}; expected one of {', '.join(sorted(allowed))}"
            )
        nth = _whole_numbers(rule.get("nth"), "nth")
        times = rule.get("times", None if nth or do in LASTING else 1)
        return Rule(
            on=named, do=do, nth=nth, times=times, match=rule.get("match") or {},
            starts=str(rule.get("from", "0000-00-00")), ends=str(rule.get("until", "9999-99-99")),
            args={name: value for name, value in rule.items() if name not in _KEPT},
        )  # fmt: skip
