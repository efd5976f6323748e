"""Messages to members: their words in each language, looked at before they are saved, and the shipped ones again."""

import datetime as dt
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.administration.place import MANAGER, area, crumbs
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import N_
from gateway.kit.errors import GatewayError
from gateway.notices.rules import LONGEST_WORDS, Length
from gateway.notices.templates import get_template, list_templates, list_wordings, preview, word_message
from gateway.notices.texts import required_of, sample_of, title_of

AT = "/administration/messages"
LANGUAGES = {"es": N_("Spanish"), "fr": N_("French"), "en": N_("English"), "ht": N_("Haitian Creole")}
FAULTS = {
    "length": N_("Write something, at most {most} letters."),
    "braces": N_("A brace is not closed; a place is written {{name}}."),
    "place_form": N_("Between the braces stands a name and nothing else."),
    "place_unknown": N_("One of the places is filled by nothing here; look at the list of places."),
    "place_missing": N_("A place is missing without which nobody could act on the message."),
}


@area.page(AT, *MANAGER)
def messages(desk: Desk) -> Response:
    """Show what each kind of message says."""
    found = list_templates(desk.session, today=desk.today)
    kinds: dict[str, list[Any]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    shown = [(kind, title_of(kind, desk.words.language), rows) for kind, rows in kinds.items()]
    return desk.page(
        "administration/messages.html",
        kinds=shown,
        tongues=LANGUAGES,
        crumbs=crumbs(desk, (N_("Messages to members"), "")),
    )


def length_in_words(desk: Desk, length: Length) -> str:
    """Say how long a message is and what that means."""
    words = desk.words
    said = words.count("{n} short message", "{n} short messages", length.parts)
    letters = words.count("{n} letter", "{n} letters", length.letters)
    return f"{said}, {letters}"


def _show(desk: Desk, form: Form, kind: str, language: str) -> Response:
    template = get_template(desk.session, kind, language, today=desk.today)
    if not form.is_typed:
        form.lists["text"] = [template.text]
        form.lists["valid_from"] = [desk.today.isoformat()]
    form.over({}, template.version)
    looked: Any = None
    if form.is_typed and form.value("text"):
        try:
            looked = preview(kind, language, _typed(form), desk.mutual.country)
        except GatewayError as error:
            _note(form, error)
    shown = looked or template.preview
    required = required_of(kind)
    title = title_of(kind, desk.words.language)
    return desk.page(
        "administration/message.html",
        form=form,
        kind=kind,
        language_code=language,
        language_name=desk.words.say(LANGUAGES[language]),
        title=title,
        worded=template,
        shown=shown,
        is_looked=looked is not None,
        length=length_in_words(desk, shown.length),
        places=[
            (name, sample, name in required) for name, sample in sample_of(kind, language, desk.mutual.country).items()
        ],
        wordings=list_wordings(desk.session, kind, language),
        may=desk.may(MANAGER),
        crumbs=crumbs(desk, (N_("Messages to members"), AT), (title, "")),
    )


def _typed(form: Form) -> str:
    return form.value("text").replace("\r\n", "\n").strip()


def _note(form: Form, error: GatewayError) -> None:
    for one in error.errors:
        form.fault("text", FAULTS[one.code], most=LONGEST_WORDS)


# What is saved twice is refused by its version; what is only looked at may be looked at again.
@area.act(f"{AT}/{{kind}}/{{language}}", *MANAGER, show=_show, is_repeatable=True)
def word(desk: Desk, form: Form, kind: str, language: str) -> Go | Response:
    """Save a message's words from a day on, look at them first, or take the shipped ones again."""
    what = form.choice("what", ("look", "save", "reset"), required=True)
    if what == "look":
        return _show(desk, form, kind, language)
    reason, valid_from = form.text("reason", required=True, most=500), form.day("valid_from", required=True)
    text = None if what == "reset" else _typed(form)
    if text is not None:
        try:
            preview(kind, language, text, desk.mutual.country)
        except GatewayError as error:
            _note(form, error)
    if valid_from is not None and valid_from < desk.today:
        form.fault("valid_from", N_("This day has passed; words count from today or a later day."))
    form.check()
    word_message(
        desk.session,
        kind=kind,
        language=language,
        text=text,
        valid_from=valid_from or dt.date.max,
        reason=reason,
        actor=desk.actor,
        today=desk.today,
        version=form.version,
    )
    return Go(f"{AT}/{kind}/{language}", N_("Saved.") if text is not None else N_("The shipped words count again."))
