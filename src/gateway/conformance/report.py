"""What became of the cases: for people, as JSON, as JUnit's XML."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as Xml

from gateway.conformance import words
from gateway.conformance.case import Outcome
from gateway.conformance.exchange import Exchange
from gateway.conformance.run import Result

_INDENT = "      "


def counts_of(results: Sequence[Result]) -> dict[str, int]:
    """Return how many cases ended how."""
    counts = Counter(result.outcome.value for result in results)
    return {outcome.value: counts[outcome.value] for outcome in Outcome}


def as_json(results: Sequence[Result], language: str, **about: Any) -> dict[str, Any]:
    """Return everything as one document."""
    return {**about, "counts": counts_of(results), "cases": [_plain(result, language) for result in results]}


def _plain(result: Result, language: str) -> dict[str, Any]:
    case, has_failed = result.case, result.outcome is Outcome.FAILED
    return {
        "case": case.name,
        "outcome": result.outcome.value,
        "title": words.title_of(case, language),
        "contract": {"place": case.place, "says": case.quote},
        "found": _reason(result, language),
        "advice": words.advice_of(case, language) if has_failed else None,
        "seconds": round(result.seconds, 3),
        "exchanges": [exchange.shown() for exchange in result.exchanges],
    }


def _reason(result: Result, language: str) -> str | None:
    return result.reason and words.reason_of(result.outcome, result.reason, result.values, language)


def as_text(result: Result, language: str) -> str:
    """Return what a person reads of one case: a line, and of one that failed all that there is."""
    head = f"{words.say(result.outcome.value, language):<12}{result.case.name:<28}"
    if result.outcome is Outcome.PASSED:
        return f"{head}{words.title_of(result.case, language)}"
    if result.outcome is not Outcome.FAILED:
        return f"{head}{_reason(result, language)}"
    told = [
        f"{head}{words.title_of(result.case, language)}",
        f"   {words.say('contract', language)}: {result.case.place}: “{result.case.quote}”",
        f"   {words.say('found', language)}: {_reason(result, language)}",
        f"   {words.say('mend', language)}: {words.advice_of(result.case, language)}",
        *(line for exchange in result.exchanges for line in _exchange(exchange, language)),
        f"   {words.say('again', language, case=result.case.name)}",
    ]
    return "\n".join(told)


def _exchange(exchange: Exchange, language: str) -> list[str]:
    shown = exchange.shown()
    request, answer = shown["request"], shown["answer"]
    told = [f"   {words.say('request', language)}: {request['method']} {request['url']}", *_message(request)]
    if answer is None:
        return [*told, f"   {words.say('answer', language)}: {shown['problem'] or words.say('none', language)}"]
    return [*told, f"   {words.say('answer', language)}: {answer['status']}", *_message(answer)]


def _message(message: dict[str, Any]) -> list[str]:
    body = [f"{_INDENT}{line}" for line in message["body"].splitlines()[:12]]
    return [*(f"{_INDENT}{name}: {value}" for name, value in message["headers"].items()), *body]


def total(results: Sequence[Result], language: str) -> str:
    """Return the last line."""
    return words.say("total", language, **counts_of(results))


def as_junit(results: Sequence[Result], language: str, url: str) -> bytes:
    """Return what build servers read."""
    counts = counts_of(results)
    suite = Xml.Element(
        "testsuite", name="authority.yaml", hostname=url, tests=str(len(results)), failures=str(counts["failed"]),
        errors="0", skipped=str(counts["blocked"] + counts["not_tried"]),
        time=f"{sum(result.seconds for result in results):.3f}",
    )  # fmt: skip
    for result in results:
        group, _, name = result.case.name.partition(".")
        case = Xml.SubElement(
            suite, "testcase", classname=f"authority.{group}", name=name or group, time=f"{result.seconds:.3f}"
        )
        reason = _reason(result, language)
        if result.outcome is Outcome.FAILED:
            failure = Xml.SubElement(case, "failure", message=reason or "", type=str(result.reason))
            failure.text = _printable(as_text(result, language))
        elif result.outcome is not Outcome.PASSED:
            Xml.SubElement(case, "skipped", message=reason or "")
    written: bytes = Xml.tostring(suite, encoding="utf-8", xml_declaration=True)
    return written


def _printable(text: str) -> str:
    # XML 1.0 cannot hold control characters, and an answer may hold anything.
    return "".join(letter if letter in "\n\t" or letter >= " " else "�" for letter in text)
