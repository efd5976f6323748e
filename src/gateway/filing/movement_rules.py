"""Why a movement is told to the state, or not this time: the words, and how they are said to people. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class Cause(StrEnum):
    """What in the register makes a movement."""

    ENTERED = "entered"
    LEFT = "left"
    ON_LEAVE = "on_leave"
    WAGE_CHANGED = "wage_changed"
    DATA_CHANGED = "data_changed"


class Hindrance(StrEnum):
    """Why a movement that is due is not told this time."""

    TOO_FAR_AHEAD = "too_far_ahead"
    """The state takes days so far ahead only; it waits until the day is near enough."""
    NO_DOCUMENT = "no_document"
    WAGE_MISSING = "wage_missing"
    STATE_WOULD_REFUSE = "state_would_refuse"
    """As she is written down; the detail says what is wrong."""
    DOCUMENT_CHANGED = "document_changed"
    """The state knows her by another document: it would take the line for somebody else's."""
    CALLED_OFF = "called_off"
    """A leave the state took was called off; nothing in its files takes it back."""
    AFTER_PREVIEW = "after_preview"
    """Recorded after the draft was shown; prepare it again, or it is told next time."""


_CAUSES: Mapping[str, Mapping[str, str]] = {
    Cause.ENTERED: {
        "es": "Entró en la nómina.",
        "fr": "Est entrée dans la liste de paie.",
        "en": "The member entered the payroll.",
    },
    Cause.LEFT: {
        "es": "Salió de la nómina.",
        "fr": "A quitté la liste de paie.",
        "en": "The member left the payroll.",
    },
    Cause.ON_LEAVE: {
        "es": "Está de licencia en esos días.",
        "fr": "Est en congé ces jours-là.",
        "en": "The member is on leave on these days.",
    },
    Cause.WAGE_CHANGED: {
        "es": "Su salario no es el último que el Estado aceptó.",
        "fr": "Son salaire n'est pas le dernier que l'État a accepté.",
        "en": "The wage is not the last one the state accepted.",
    },
    Cause.DATA_CHANGED: {
        "es": "Sus datos no son los últimos que el Estado aceptó.",
        "fr": "Ses données ne sont pas les dernières que l'État a acceptées.",
        "en": "The particulars are not the last ones the state accepted.",
    },
}
_HINDRANCES: Mapping[str, Mapping[str, str]] = {
    Hindrance.TOO_FAR_AHEAD: {
        "es": "Espera: la fecha está demasiado lejos para que el Estado la acepte.",
        "fr": "En attente : la date est trop éloignée pour que l'État l'accepte.",
        "en": "It waits: the day is too far ahead for the state to take it.",
    },
    Hindrance.NO_DOCUMENT: {
        "es": "Espera: no tiene un documento con que declararla.",
        "fr": "En attente : aucun document sous lequel la déclarer.",
        "en": "It waits: there is no document to declare this member under.",
    },
    Hindrance.WAGE_MISSING: {
        "es": "Espera: no ha declarado un salario.",
        "fr": "En attente : aucun salaire n'est déclaré.",
        "en": "It waits: there is no declared wage.",
    },
    Hindrance.STATE_WOULD_REFUSE: {
        "es": "Espera: el Estado rechazaría la línea: {detail}",
        "fr": "En attente : l'État refuserait la ligne : {detail}",
        "en": "It waits: the state would refuse the line: {detail}",
    },
    Hindrance.DOCUMENT_CHANGED: {
        "es": "El Estado la conoce con otro documento; infórmelo a mano.",
        "fr": "L'État la connaît sous un autre document ; informez-le à la main.",
        "en": "The state knows this member by another document; tell it by hand.",
    },
    Hindrance.CALLED_OFF: {
        "es": "El Estado aceptó una licencia que luego se anuló; infórmelo a mano.",
        "fr": "L'État a accepté un congé annulé depuis ; informez-le à la main.",
        "en": "The state took a leave that was called off since; tell it by hand.",
    },
    Hindrance.AFTER_PREVIEW: {
        "es": "Se registró después de preparar el borrador; se informa la próxima vez.",
        "fr": "Enregistré après la préparation du brouillon ; il sera déclaré la prochaine fois.",
        "en": "Recorded after the draft was prepared; it is told next time.",
    },
}
_AGAIN = {
    "es": " Se repite: el Estado lo rechazó con {code}.",
    "fr": " Répété : l'État l'a refusé avec {code}.",
    "en": " Told again: the state rejected it with {code}.",
}


def hindrance(
    held_back: str | None, *, event: str, has_document: bool, wage_minor: int, findings: str
) -> tuple[Hindrance, str] | None:
    """Return why a movement is not told this time, and what exactly; None where it is told.

    Args:
        held_back: What the register alone says against it.
        event: A ``Movement``.
        has_document: Whether she has a document to be declared under.
        wage_minor: Her wage; an entry and a change say it, so they need one.
        findings: What the state would say to the line, empty if nothing.

    Source:
        SRC-001: entry and exit at most 30 days ahead; a line has a document and a wage.
    """
    if held_back is not None:
        return Hindrance(held_back), ""
    if not has_document:
        return Hindrance.NO_DOCUMENT, ""
    if event in ("entry", "change") and wage_minor == 0:
        return Hindrance.WAGE_MISSING, ""
    return (Hindrance.STATE_WOULD_REFUSE, findings) if findings else None


def explain(cause: str, held_back: str | None, detail: str, again_after: str | None, language: str) -> str:
    """Say in a sentence why a movement is told, or why it waits; an unknown language is answered in Spanish.

    Source:
        SRC-MUTUAL, what is shown before anything is sealed.
    """
    words = _HINDRANCES[held_back] if held_back else _CAUSES[cause]
    said = words.get(language, words["es"]).format(detail=detail)
    if again_after and not held_back:
        said += _AGAIN.get(language, _AGAIN["es"]).format(code=again_after)
    return said
