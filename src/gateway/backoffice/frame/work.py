"""Long work on a page: how far it is in words and as a bar, looked at again by itself until it has ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.frame.desk import Desk
from gateway.kit.progress import Progress

FULL = 1000


@dataclass(frozen=True)
class Work:
    """What a page shows of long work."""

    path: str
    """Where how far it is can be asked again."""
    title: str
    """What is done: a sentence in the reader's language."""
    step: str
    """Which step of how many, in words."""
    rows: str
    """How much of the step is done, in words; empty where that is not known."""
    value: int | None
    """Of ``FULL``; None while it waits."""
    said: str
    """What is read out: it changes with each step and each quarter, not with each row."""
    is_quiet: bool
    """Nobody was heard working on it for a while."""
    is_waiting: bool


def shown(
    desk: Desk, found: Progress, path: str, title: str, steps: Sequence[str], names: Mapping[str, tuple[str, str]]
) -> Work:
    """Return what a page says of work that has not ended.

    Args:
        desk: The visit.
        found: How far it is.
        path: Of the page that gives this alone.
        title: What is done: a sentence in the reader's language.
        steps: Words of the work's steps in their order.
        names: Step -> what it is called, and how its count is told, with ``{done}`` and ``{total}``; English, marked.
    """
    words = desk.words
    if found.state == "waiting" or found.step not in steps:
        said = words.say("It waits for its turn.")
        return Work(path, title, said, "", None, f"{title} {said}", found.is_quiet, is_waiting=True)
    place, (name, count) = steps.index(found.step), names[found.step]
    part = min(found.done_count / found.total_count, 1.0) if found.total_count else 0.0
    step = words.say(
        "Step {n} of {all}: {step}", n=words.number(place + 1), all=words.number(len(steps)), step=words.say(name)
    )
    rows = ""
    if found.total_count:
        rows = words.say(count, done=words.number(found.done_count), total=words.number(found.total_count))
    quarter = words.share(int(part * 4) / 4) if part >= 0.25 else ""
    value = round(FULL * (place + part) / len(steps))
    said = ", ".join(one for one in (f"{title} {step}", quarter) if one)
    return Work(path, title, step, rows, value, said, found.is_quiet, is_waiting=False)


def fragment(desk: Desk, work: Work | None) -> Response:
    """Return how far the work is, to be put into the page; where it has ended, the page is asked for anew."""
    if work is None:
        return Response(headers={"HX-Refresh": "true", "cache-control": "no-store"})
    found: Any = desk.page("frame/work.html", work=work)
    assert isinstance(found, Response)
    return found
