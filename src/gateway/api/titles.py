"""Titles of refusals in the languages people read; the code beside them is never translated."""

from gateway.kit.errors import GatewayError

LANGUAGES = ("es", "en", "fr")
DEFAULT = "es"

TITLES: dict[str, dict[str, str]] = {
    "refused": {"es": "La solicitud fue rechazada", "fr": "La demande a été refusée"},
    "not_found": {"es": "No existe", "fr": "Introuvable"},
    "conflict": {"es": "Choca con lo que ya existe", "fr": "En conflit avec ce qui existe déjà"},
    "rule_broken": {"es": "Una regla no lo permite", "fr": "Une règle ne le permet pas"},
    "malformed": {"es": "No se pudo leer lo enviado", "fr": "Les données n'ont pas pu être lues"},
    "unauthenticated": {"es": "Inicie sesión primero", "fr": "Connectez-vous d'abord"},
    "forbidden": {"es": "Su función no lo permite", "fr": "Votre rôle ne le permet pas"},
    "changed_meanwhile": {"es": "Otra persona lo cambió mientras tanto", "fr": "Modifié entre-temps par quelqu'un"},
    "unavailable": {"es": "No está disponible ahora", "fr": "Indisponible pour le moment"},
}


def language_of(accept_language: str | None) -> str:
    """Return the first language of an ``Accept-Language`` header that we speak; Spanish where there is none."""
    wanted = []
    for position, part in enumerate((accept_language or "").split(",")[:20]):
        tag, _, quality = part.strip().partition(";")
        wanted.append((-_quality(quality), position, tag.split("-")[0].lower()))
    for weight, _, tag in sorted(wanted):
        if weight < 0 and tag in LANGUAGES:
            return tag
    return DEFAULT


def title_of(error: type[GatewayError], language: str) -> str:
    """Return a refusal's title; a kind without one of its own has that of the kind it belongs to."""
    if language == "en":
        return error.title
    for kind in error.__mro__:
        known = TITLES.get(getattr(kind, "code", ""), {})
        if language in known:
            return known[language]
    return error.title


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
