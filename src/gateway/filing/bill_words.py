"""What is said of a bill in words, in Spanish, French and English: why it differs, and what paying it on a day costs."""

import datetime as dt
from collections.abc import Callable

from gateway.filing.comparison import Compared, Likely
from gateway.kit.months import month_name

LANGUAGES = ("es", "fr", "en")

_WHY: dict[Likely, dict[str, str]] = {
    Likely.EQUAL: {"es": "Coincide.", "fr": "Identique.", "en": "The same."},
    Likely.LATE: {
        "es": "Cargo por pagar después del vencimiento; compare la tasa del mes con la publicada.",
        "fr": "Majoration pour paiement après l'échéance ; comparez le taux du mois avec celui publié.",
        "en": "Charged for paying after the due day; compare the month's rate with the published one.",
    },
    Likely.CORRECTION: {
        "es": "El Estado ajustó algo; pídale el detalle del ajuste.",
        "fr": "L'État a corrigé quelque chose ; demandez-lui le détail.",
        "en": "The state adjusted something; ask it for the detail.",
    },
    Likely.CREDIT: {
        "es": "El Estado acredita otro monto que el que tenemos a favor: puede ser un subsidio que paga así; si no, pregunte de qué período es.",
        "fr": "L'État crédite un autre montant que celui que nous avons : peut-être une prestation payée ainsi ; sinon demandez pour quelle période.",
        "en": "The state credits another amount than the one we hold: it may pay a benefit that way; else ask which month it is for.",
    },
    Likely.NOT_ASSESSED: {
        "es": "Nuestras tasas no conocen este componente; pregunte al Estado por qué lo cobra.",
        "fr": "Nos taux ne connaissent pas cet élément ; demandez à l'État pourquoi il le réclame.",
        "en": "Our rates do not know this component; ask the state why it bills it.",
    },
    Likely.DEPENDANTS: {
        "es": "Diferencia de {count} dependientes adicionales; compare los que el Estado tiene registrados.",
        "fr": "Différence de {count} personnes à charge supplémentaires ; comparez avec celles que l'État connaît.",
        "en": "A difference of {count} additional dependants; compare with those the state holds.",
    },
    Likely.CHANGED_LINES: {
        "es": "El Estado aceptó {count} líneas con otro monto; están marcadas en la presentación.",
        "fr": "L'État a accepté {count} lignes avec un autre montant ; elles sont marquées dans la déclaration.",
        "en": "The state accepted {count} lines with another amount; the filing marks them.",
    },
    Likely.LINES: {
        "es": "El Estado factura {count} líneas de diferencia con las que aceptó; busque la presentación que falta o sobra.",
        "fr": "L'État facture {count} lignes d'écart avec celles qu'il a acceptées ; cherchez la déclaration en trop ou en moins.",
        "en": "The state bills {count} lines more than it accepted (fewer, if below zero); look for the filing it left out or added.",
    },
    Likely.ROUNDING: {
        "es": "No más de un centavo por línea: redondeo.",
        "fr": "Pas plus d'une unité par ligne : arrondi.",
        "en": "No more than one unit a line: rounding.",
    },
    Likely.RATE_UNVERIFIED: {
        "es": "Nuestra tasa no está verificada con dos fuentes; puede ser otra. Fuente: {source}.",
        "fr": "Notre taux n'est pas vérifié par deux sources ; il peut être autre. Source : {source}.",
        "en": "Our rate is not verified by two sources; it may be another. Source: {source}.",
    },
    Likely.UNKNOWN: {
        "es": "No se explica; pida al Estado el detalle por trabajador.",
        "fr": "Inexpliqué ; demandez à l'État le détail par travailleur.",
        "en": "Not explained; ask the state for the detail by worker.",
    },
}

_COSTS: dict[str, dict[str, str]] = {
    "in_time": {
        "es": "Pagando el {pay_on} cuesta {total}; vence el {due_on}.",
        "fr": "Payer le {pay_on} coûte {total} ; l'échéance est le {due_on}.",
        "en": "Paying on {pay_on} costs {total}; it is due on {due_on}.",
    },
    "late": {
        "es": "Pagando el {pay_on} cuesta {total}: {more} más que hasta el {due_on}.",
        "fr": "Payer le {pay_on} coûte {total} : {more} de plus que jusqu'au {due_on}.",
        "en": "Paying on {pay_on} costs {total}: {more} more than by {due_on}.",
    },
}
_UNVERIFIED = {
    "es": " La tasa del recargo no está verificada.",
    "fr": " Le taux de la majoration n'est pas vérifié.",
    "en": " The rate of the surcharge is not verified.",
}


def why(compared: Compared, language: str) -> str:
    """Say why a component likely differs; an unknown language is answered in Spanish."""
    told = _WHY[compared.likely]
    return told.get(language, told["es"]).format(count=compared.count, source=compared.source or "–")


def costs(
    language: str,
    write: Callable[[int], str],
    *,
    pay_on: dt.date,
    due_on: dt.date,
    total_minor: int,
    more_minor: int,
    is_verified: bool,
) -> str:
    """Say what paying on a day costs, and how much more than in time; ``write`` writes an amount with its currency."""
    chosen = language if language in LANGUAGES else "es"
    told = _COSTS["late" if more_minor else "in_time"][chosen].format(
        pay_on=day_in_words(pay_on, chosen),
        due_on=day_in_words(due_on, chosen),
        total=write(total_minor),
        more=write(more_minor),
    )
    return told + ("" if is_verified or not more_minor else _UNVERIFIED[chosen])


def day_in_words(day: dt.date, language: str) -> str:
    """Write a day with its month's name: ``9 de abril de 2026``, ``9 avril 2026``, ``9 April 2026``."""
    month = month_name(day.month, language)
    if language == "es":
        return f"{day.day} de {month} de {day.year}"
    first = "er" if language == "fr" and day.day == 1 else ""
    return f"{day.day}{first} {month} {day.year}"
