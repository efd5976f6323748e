"""Long files on pages: how far one is, what came of it, and the way to take it in at once where no worker does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.frame.area import Area
from gateway.backoffice.frame.desk import Crumb, Desk, Go
from gateway.backoffice.frame.faults import PageUnknownError
from gateway.backoffice.frame.forms import Form, Upload
from gateway.backoffice.frame.refusals import said_of, said_of_code
from gateway.backoffice.frame.work import Work, fragment, shown
from gateway.kit.errors import FieldProblem
from gateway.kit.long_file import LARGE_BYTES, LongFile, keep_for_later, newest, progress_of, take_in_here
from gateway.kit.progress import MOST_PROBLEMS, Progress
from gateway.staff.models import Role

EARLIER = 5
"""So many of the files sent before are shown where the next one is sent."""


@dataclass(frozen=True)
class Came:
    """What came of a file."""

    text: str
    """In the reader's language."""
    tone: str = "good"
    path: str = ""
    """Where it is seen; empty for where the file was sent from."""


@dataclass(frozen=True)
class LongPage:
    """A kind of long file on its page."""

    kind: LongFile
    path: str
    """Address of the page, with a place for the file's number: ``/payouts/reports/{report_id:int}``."""
    title: str
    """What is done: an English sentence, marked."""
    names: Mapping[str, tuple[str, str]]
    """Step -> what it is called, and how its count is told, with ``{done}`` and ``{total}``; English, marked."""
    came: Callable[[Desk, Progress, Mapping[str, Any]], Came]
    """Says what came of it."""
    trail: Callable[[Desk, Progress], Sequence[Crumb]]
    """The way back to where such files are sent from: the last step of it is the place itself."""

    def at(self, number: int) -> str:
        """Return the address of a file's page."""
        return f"{self.path.partition('{')[0]}{number}"


def later(desk: Desk, page: LongPage, file: Upload, options: Mapping[str, Any]) -> Go | None:
    """Keep a file that is long and queue its work; None for one that is short, which is taken in at once."""
    if len(file.body) <= LARGE_BYTES:
        return None
    kept = keep_for_later(desk.session, page.kind, file.body, file_name=file.name, actor=desk.actor, options=options)
    return Go(page.at(kept))


@dataclass(frozen=True)
class Earlier:
    """A long file that was sent before, where the next one is sent."""

    name: str
    path: str
    text: str
    """How far it is or what came of it, in the reader's language."""
    tone: str


def earlier(desk: Desk, page: LongPage, about: Mapping[str, Any] | None = None) -> list[Earlier]:
    """Return the last long files of a kind, so that whoever left such a page finds it again.

    Args:
        desk: Whose page it is.
        page: The kind.
        about: What must have been asked with the file; those of others are left out.
    """
    found = []
    for one in newest(desk.session, page.kind, limit=EARLIER):
        if about is not None and not about.items() <= one.options.items():
            continue
        came = Came(desk.words.say("It is being taken in"), "wait")
        if one.state == "failed":
            came = Came(desk.words.say("Nothing of it was taken in"), "bad")
        elif one.state == "done":
            came = page.came(desk, one, one.result or {})
        found.append(Earlier(str(one.options["file_name"]), page.at(one.subject_id), came.text, came.tone))
    return found


def offer(area: Area, page: LongPage, *roles: Role) -> None:
    """Register a kind's three addresses: its page, how far it is, and taking it in at once."""

    def find(desk: Desk, number: int) -> Progress:
        found = progress_of(desk.session, page.kind, number)
        if found is None:
            raise PageUnknownError(f"no file {number} was given to a worker to be taken in")
        return found

    def work_of(desk: Desk, found: Progress) -> Work | None:
        if not found.is_open:
            return None
        where = f"{page.at(found.subject_id)}/progress"
        return shown(desk, found, where, desk.words.say(page.title), page.kind.steps, page.names)

    def show(desk: Desk, form: Form, **places: int) -> Response:
        (number,) = places.values()
        found, words = find(desk, number), desk.words
        name, trail = str(found.options["file_name"]), list(page.trail(desk, found))
        came = page.came(desk, found, found.result or {}) if found.state == "done" else None
        failed, problems = "", []
        if found.state == "failed":
            failed = said_of_code(found.code or "", found.detail or "", words)
            problems = [said_of(FieldProblem(**one), words) for one in (found.result or {}).get("problems", [])]
        found_page: Response = desk.page(
            "frame/long_file.html",
            crumbs=[*trail, Crumb(name, "")],
            form=form,
            name=name,
            here=f"{page.at(number)}/here",
            back=trail[-1],
            work=work_of(desk, found),
            came=came,
            failed=failed,
            problems=problems,
            most=MOST_PROBLEMS,
            may_take_in=desk.may(roles),
        )
        return found_page

    @area.page(page.path, *roles)
    def look(desk: Desk, **places: int) -> Response:
        return show(desk, desk.form(), **places)

    @area.page(f"{page.path}/progress", *roles)
    def progress(desk: Desk, **places: int) -> Response:
        (number,) = places.values()
        return fragment(desk, work_of(desk, find(desk, number)))

    @area.act(f"{page.path}/here", *roles, show=show, at=page.path)
    def here(desk: Desk, _form: Form, **places: int) -> Go:
        (number,) = places.values()
        found = find(desk, number)
        if found.is_open:
            take_in_here(desk.session, page.kind, found, desk.today)
        return Go(page.at(number))
