"""Scripted verdicts on lines: which ones, and what is said of them."""

import zlib
from collections.abc import Callable, Sequence
from typing import Any

from gateway.sandbox.script import Rule
from gateway.sandbox.state.judge_payroll import Forced

_FIRST = 2
"""The first detail stands on line 2, unless a state's files have no header."""


def forced_verdicts(rules: Sequence[Rule], seed: int, details: int, first: int = _FIRST) -> Forced | None:
    """Return what the rules say of a line, None if they say nothing of any.

    ``reject_lines`` takes ``lines``, ``documents``, ``every`` (each n-th) or ``share`` (of all, drawn by the seed), and
    ``code`` or ``codes`` in turn. ``reject_all_but_one`` takes ``keep`` (the line, the first by default) and ``code``.
    ``change_amount`` chooses in the same way (all lines if it does not say) and takes ``wage_minor`` or ``per_cent``.
    """
    orders = [order for order in (_order(rule, seed, details, first) for rule in rules) if order is not None]
    if not orders:
        return None

    def verdict(number: int, document: str, wage: int) -> tuple[str, int] | None:
        for order in orders:
            found = order(number, document, wage)
            if found is not None:
                return found
        return None

    return verdict


def _order(rule: Rule, seed: int, details: int, first: int) -> Forced | None:
    chosen = _chooser(rule, seed, first)
    match rule.do:
        case "reject_lines":
            codes = rule.get("codes") or [str(rule.get("code", "24"))]
            return lambda number, document, wage: (
                (str(codes[number % len(codes)]), wage) if chosen(number, document) else None
            )
        case "reject_all_but_one":
            kept, code = int(rule.get("keep", first)), str(rule.get("code", "24"))
            kept = min(kept, first + details - 1)
            return lambda number, _document, wage: (code, wage) if number != kept else None
        case "change_amount":
            return lambda number, document, wage: ("0", _changed(rule, wage)) if chosen(number, document) else None
    return None


def _changed(rule: Rule, wage: int) -> int:
    given: Any = rule.get("wage_minor")
    return int(given) if given is not None else wage * int(rule.get("per_cent", 110)) // 100


def _chooser(rule: Rule, seed: int, first: int) -> Callable[[int, str], bool]:
    if rule.get("lines"):
        lines = set(rule.get("lines"))
        return lambda number, _document: number in lines
    if rule.get("documents"):
        documents = set(rule.get("documents"))
        return lambda _number, document: document in documents
    if rule.get("every"):
        every = int(rule.get("every"))
        return lambda number, _document: (number - first + 1) % every == 0
    if rule.get("share") is not None:
        bound = int(float(rule.get("share")) * 2**32)
        return lambda _number, document: zlib.crc32(f"{seed}/{document}".encode()) < bound
    if rule.do == "change_amount":
        return lambda _number, _document: True
    return lambda number, _document: number == first
