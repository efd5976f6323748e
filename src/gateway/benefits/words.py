"""How somebody stands towards a benefit, in words for people: Spanish, French, English."""

from collections.abc import Sequence

from gateway.benefits.rules import PaidMonths
from gateway.kit.months import month_name
from gateway.kit.period import Period

LANGUAGES = ("es", "fr", "en")

_AND = {"es": "y", "fr": "et", "en": "and"}
_ENTITLED = {
    "es": "{paid} de {needed} meses pagados entre {first} y {last}; tiene derecho.",
    "fr": "{paid} mois payés sur {needed} entre {first} et {last} ; le droit est ouvert.",
    "en": "{paid} of {needed} months paid between {first} and {last}; eligible.",
}
_WITHIN_REACH = {
    "es": "{paid} de {needed} meses pagados; con derecho desde {since} si se {verb} {months}.",
    "fr": "{paid} mois payés sur {needed} ; droit à partir de {since} si {months} {verb}.",
    "en": "{paid} of {needed} months paid; eligible from {since} if {months} {verb} paid.",
}
_VERBS = {"es": ("paga", "pagan"), "fr": ("est payé", "sont payés"), "en": ("is", "are")}
_OUT_OF_SIGHT = {
    "es": "{paid} de {needed} meses pagados; no se alcanza dentro de {looked_at} meses.",
    "fr": "{paid} mois payés sur {needed} ; hors de portée pendant {looked_at} mois.",
    "en": "{paid} of {needed} months paid; out of reach for {looked_at} months.",
}


def standing_in_words(standing: PaidMonths) -> dict[str, str]:
    """Return by language what a member is told, for example that January and February are to be paid."""
    return {language: _sentence(standing, language) for language in LANGUAGES}


def _sentence(standing: PaidMonths, language: str) -> str:
    known = {"paid": standing.paid_count, "needed": standing.needed}
    if standing.is_eligible:
        return _ENTITLED[language].format(
            **known, first=_month(standing.first, language), last=_month(standing.last, language)
        )
    if standing.eligible_from is None:
        return _OUT_OF_SIGHT[language].format(**known, looked_at=_distance(standing.first, standing.last) + 1)
    verb = _VERBS[language][len(standing.if_paid) > 1]
    months = _list_of(standing.if_paid, standing.eligible_from, language)
    return _WITHIN_REACH[language].format(
        **known, since=_month(standing.eligible_from, language), verb=verb, months=months
    )


def _list_of(months: Sequence[Period], since: Period, language: str) -> str:
    names = [
        month_name(month.month, language) + ("" if month.year == since.year else f" {month.year}") for month in months
    ]
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} {_AND[language]} {names[-1]}"


def _month(month: Period, language: str) -> str:
    return f"{month_name(month.month, language)}{' de' if language == 'es' else ''} {month.year}"


def _distance(first: Period, last: Period) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
