"""An area of the office: its pages and its acts, each with the roles that may come there.

A page is a function ``(desk, **path) -> Response``. An act is a form's other half: ``show(desk, form, **path)`` makes the
page with the form, ``do(desk, form, **path)`` acts and says where to go. Around both stands the frame: the transaction,
roles, the form's token, that the same form acts once, the filled form again where something was refused or the log-in
had ended, and, for what is dangerous, a page in between that says in words and figures what will be done.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from gateway.api import trace
from gateway.api.dependencies import Gate
from gateway.api.errors import refusal_of
from gateway.backoffice.frame import pages
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.faults import FormForeignError, FormSentError, PageUnknownError
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.refusals import tell
from gateway.backoffice.frame.texts import FRAME, N_
from gateway.kit.errors import GatewayError, PreconditionError, UnauthenticatedError
from gateway.kit.idempotency import Place, keep
from gateway.staff.models import Role
from gateway.staff.second_factor import check_again

View = Callable[..., Any]
PATIENCE_SECONDS = 10.0
"""How long a second sending of a form waits for the first to end."""
GREATEST = 2**63 - 1


@dataclass(frozen=True)
class Confirmation:
    """What a dangerous act will do, said before it does it."""

    sentence: str
    """In the reader's language, with the figures: "Release 1,204 payouts, DOP 3,400,117.20, to 1,204 members"."""
    act: str
    """What the button says, in the reader's language."""
    back: str
    """Where somebody goes who does not want it."""
    figures: Sequence[tuple[str, str]] = ()
    """What else it will do, by name, in the reader's language."""
    warnings: Sequence[str] = ()
    is_release: bool = False
    """It moves money out: a mutual may ask for a fresh code of the second factor (``second_factor_at_release``)."""
    is_hers_alone: bool = False
    """Only the person herself may do it, not whoever finds her desk open: a fresh code of her second factor is asked for."""

    def seal(self) -> str:
        """Return a digest of all that was said: what somebody agreed to."""
        return hashlib.sha256(repr((self.sentence, tuple(self.figures), tuple(self.warnings))).encode()).hexdigest()[
            :32
        ]


@dataclass(frozen=True)
class Route:
    """One address."""

    path: str
    methods: tuple[str, ...]
    serve: Callable[[Desk, Form | None, dict[str, Any]], Response]
    area: str = FRAME


@dataclass
class Area:
    """A part of the office, in a module of its own."""

    name: str
    """Names its templates' folder and its catalogue."""
    title: str
    """English sentence, marked with ``N_``."""
    path: str
    order: int
    roles: Iterable[Role] = ()
    """Who sees it in the navigation; nobody named: everybody."""
    routes: list[Route] = field(default_factory=list)
    is_listed: bool = True
    """It stands in the navigation."""

    def __post_init__(self) -> None:
        pages.ENTRIES[:] = [one for one in pages.ENTRIES if one.name != self.name]
        if self.is_listed:
            roles = frozenset(self.roles) or frozenset(Role)
            pages.ENTRIES.append(pages.Entry(self.name, self.title, self.path, self.order, roles))

    def page(self, path: str, *roles: Role) -> Callable[[View], View]:
        """Register a page that only reads; without roles, everybody who is logged in may."""

        def register(view: View) -> View:
            allowed = (frozenset(roles) or frozenset(Role)) | {Role.AUDITOR}
            pages.open_to(path, allowed)

            def serve(desk: Desk, _form: Form | None, places: dict[str, Any]) -> Response:
                desk.allowed = allowed
                return _within(desk, lambda: view(desk, **places))

            self.routes.append(Route(path, ("GET",), serve, self.name))
            return view

        return register

    def act(
        self,
        path: str,
        *roles: Role,
        show: View,
        confirm: View | None = None,
        fields: Mapping[str, str] | None = None,
        at: str | None = None,
        is_repeatable: bool = False,
    ) -> Callable[[View], View]:
        """Register what a form does.

        Args:
            path: Where the form is sent, and where its page is.
            roles: Who may; without any, everybody who is logged in.
            show: Makes the page with the form.
            confirm: For a dangerous act: says what it will do, as ``Confirmation``, or None where nothing needs saying.
            fields: Code of a refusal -> field it is shown beside.
            at: Address of the page that the form is part of; None: the form's own page stands where the form is sent.
            is_repeatable: Sent again it acts again: for what shows something once and moves nothing.
        """
        allowed = frozenset(roles) or frozenset(Role)

        def register(do: View) -> View:
            act = _Act(path, allowed, do, show, confirm, fields or {}, is_repeatable, at or path)
            if at is None:
                pages.open_to(path, allowed | {Role.AUDITOR})
                self.routes.append(Route(path, ("GET",), act.blank, self.name))
            self.routes.append(Route(path, ("POST",), act.send, self.name))
            return do

        return register


@dataclass(frozen=True)
class _Act:
    path: str
    allowed: frozenset[Role]
    do: View
    show: View
    confirm: View | None
    fields: Mapping[str, str]
    is_repeatable: bool
    at: str

    def blank(self, desk: Desk, _form: Form | None, places: dict[str, Any]) -> Response:
        """Show the form, empty or over what is there; an auditor may look at it."""
        desk.allowed = self.allowed | {Role.AUDITOR}
        return _within(desk, lambda: self.show(desk, desk.form(), **places))

    def send(self, desk: Desk, form: Form | None, places: dict[str, Any]) -> Response:
        """Do what the form says, once; or show it again with what is wrong."""
        assert form is not None
        desk.allowed = self.allowed
        # Nothing on the page that answers may lead to an address that takes forms alone.
        desk.shown_at = re.sub(r"\{(\w+)(?::int)?\}", lambda place: str(places.get(place[1], "")), self.at)
        # One request with a key of the form's own: the second sending finds the key held, waits, and is told the same.
        desk.place = (f"POST {desk.base}{self.path}", form.once)
        deadline = time.monotonic() + PATIENCE_SECONDS
        try:
            while True:
                with desk.transaction():
                    desk.settle()
                    form.words = desk.words
                    if form.own("_show"):
                        shown: Response = self.show(desk, form, **places)
                        return shown
                    if not desk.is_own(form):
                        raise FormForeignError("the form's token is of another log-in or another page")
                    if desk.known.fingerprint is not None or desk.known.is_mine or time.monotonic() > deadline:
                        return self._once(desk, form, places)
                time.sleep(0.05)
        except UnauthenticatedError:
            raise
        except Exception as error:
            return self._again(desk, form, places, refusal_of(error))

    def _once(self, desk: Desk, form: Form, places: dict[str, Any]) -> Response:
        fingerprint, known = f"{desk.path}:{form.fingerprint()}", desk.known
        if known.fingerprint is not None:
            headers = dict(known.headers or {})
            if known.fingerprint != fingerprint:
                raise FormSentError(headers.get("location", "/"))
            return desk.go(
                Go(headers.get("location", "/"), N_("This was done already, and is not done again."), {}, "wait")
            )
        if not known.is_mine:
            raise FormSentError("the first sending has not ended")
        if self.confirm is not None and (asked := self.confirm(desk, form, **places)) is not None:
            form.check()
            is_sure = form.own("_sure") == asked.seal()
            at_release = asked.is_release and bool(desk.mutual.settings.get("second_factor_at_release"))
            needs_code = asked.is_hers_alone or at_release
            is_proved = not needs_code or (is_sure and _proves(desk, form.value("otp")))
            if not is_sure or not is_proved:
                return desk.page(
                    "frame/confirm.html",
                    form=form,
                    asked=asked,
                    is_changed=bool(form.own("_sure")) and not is_sure,
                    needs_code=needs_code,
                    is_code_wrong=is_sure and not is_proved,
                    target=desk.url(desk.path),
                )
        done = self.do(desk, form, **places)
        if self.is_repeatable:
            return done if isinstance(done, Response) else desk.go(done)
        go = Go(desk.path) if isinstance(done, Response) else Go(done) if isinstance(done, str) else done
        place = Place(desk.actor, f"POST {desk.base}{self.path}", form.once)
        keep(desk.session, place, fingerprint=fingerprint, status=303, body=b"", headers={"location": go.path})
        return done if isinstance(done, Response) else desk.go(go)

    def _again(self, desk: Desk, form: Form, places: dict[str, Any], error: GatewayError) -> Response:
        if error.status in {403, 404} and not isinstance(error, FormForeignError):
            raise error
        if isinstance(error, FormForeignError):
            form.warn(
                N_(
                    "Nothing was done: you logged in again since this form was opened. Look it through and send it again."
                )
            )
        elif isinstance(error, FormSentError):
            form.warn(
                N_(
                    "This form was sent before with other content, and is not done again. Send it once more if you want both."
                )
            )
            form.links.append(
                (error.detail, desk.words.say("See what was done"))
                if error.detail.startswith("/")
                else ("/", desk.words.say("Home"))
            )
        elif isinstance(error, PreconditionError):
            form.warn(
                N_("Somebody else changed this meanwhile. Nothing was done: look at what changed, and send it again.")
            )
        else:
            form.refuse(error, self.fields)
        if not isinstance(error, FormForeignError):
            form.once = desk.form().once
        form.lists.pop("_sure", None)
        desk.place = None
        status = error.status if error.status < 500 or error.status == 503 else 500
        found = _within(desk, lambda: self.show(desk, form, **places))
        found.status_code = status
        return found


def _proves(desk: Desk, code: str) -> bool:
    return check_again(desk.session, desk.principal, code, desk.vault)


def _within(desk: Desk, work: Callable[[], Any]) -> Response:
    with desk.transaction():
        desk.settle()
        found = work()
        return desk.go(found) if isinstance(found, Go | str) else found


def serve(
    gate: Gate, request: Request, route: Route, form_of: Callable[[Desk], Form] | None, outside: View
) -> Response:
    """Answer a request to a page: whole, in one thread.

    Args:
        gate: What the process shares.
        request: The request.
        route: Its address.
        form_of: Makes the form of what was posted.
        outside: Makes the page of the entrance, with what was typed.
    """
    desk = Desk(gate, request)
    desk.area = route.area
    form = None if form_of is None else form_of(desk)
    try:
        places = {name: _fitting(value) for name, value in request.path_params.items()}
        return desk.leave(route.serve(desk, form, places))
    except UnauthenticatedError:
        found: Response = outside(desk, form)
        return found
    except Exception as error:
        return desk.leave(refused(desk, refusal_of(error)))


def refused(desk: Desk, error: GatewayError) -> Response:
    """Return the page that says what was refused."""
    told = tell(error, desk.words)
    return desk.page(
        "frame/refused.html", status=error.status, title=told.title, told=told, error=error, trace_id=trace.current()
    )


def _fitting(value: Any) -> Any:
    if isinstance(value, int) and not 0 < value <= GREATEST:
        raise PageUnknownError("no such number")
    return value
