"""Why a member is declared or not, in words for people: Spanish, French, English."""

from collections.abc import Callable

from gateway.filing.rules import Reason

LANGUAGES = ("es", "fr", "en")

_WORDS: dict[Reason, dict[str, str]] = {
    Reason.OWN_MONEY: {
        "es": "Pagado con su propio dinero.",
        "fr": "Payé avec son propre argent.",
        "en": "Paid with the member's own money.",
    },
    Reason.CREDIT: {
        "es": "Pagado con su propio dinero, en parte con el saldo de antes.",
        "fr": "Payé avec son propre argent, en partie avec le solde d'avant.",
        "en": "Paid with the member's own money, in part from before.",
    },
    Reason.FUND: {
        "es": "Su fondo completó lo que faltaba.",
        "fr": "Son fonds a complété ce qui manquait.",
        "en": "The fund added what was missing.",
    },
    Reason.RESERVE: {
        "es": "La reserva solidaria completó lo que faltaba.",
        "fr": "La réserve solidaire a complété ce qui manquait.",
        "en": "The solidarity reserve added what was missing.",
    },
    Reason.EMPLOYER: {
        "es": "Pagado con el dinero de su empleador.",
        "fr": "Payé avec l'argent de son employeur.",
        "en": "Paid with the employer's money.",
    },
    Reason.EMPLOYER_SHORT: {
        "es": "A su empleador le quedan {available}; faltan {short} para este mes.",
        "fr": "Il reste {available} à son employeur ; il manque {short} pour ce mois.",
        "en": "The employer has {available} left; {short} are missing for this member.",
    },
    Reason.NO_MONEY: {
        "es": "No ha pagado nada para este mes; hacen falta {needed}.",
        "fr": "Rien n'a été payé pour ce mois ; il faut {needed}.",
        "en": "Nothing was paid in for this month; {needed} are needed.",
    },
    Reason.SHORT: {
        "es": "Tiene {available} de {needed}; faltan {short}.",
        "fr": "Il y a {available} sur {needed} ; il manque {short}.",
        "en": "There are {available} of {needed}; {short} are missing.",
    },
    Reason.IDENTITY_INCOMPLETE: {
        "es": "El Estado rechazaría sus datos: {detail}",
        "fr": "L'État refuserait ses données : {detail}",
        "en": "The state would refuse the particulars: {detail}",
    },
    Reason.DEPENDANT_INCOMPLETE: {
        "es": "Un dependiente adicional no se puede declarar: {detail}",
        "fr": "Une personne à charge supplémentaire ne peut être déclarée : {detail}",
        "en": "An additional dependant cannot be declared: {detail}",
    },
    Reason.WAGE_MISSING: {
        "es": "No hay salario declarado para este mes.",
        "fr": "Aucun salaire n'est déclaré pour ce mois.",
        "en": "No wage is declared for this month.",
    },
    Reason.NOT_ASSESSED: {
        "es": "El mes no está calculado para esta persona; calcúlelo de nuevo.",
        "fr": "Le mois n'est pas calculé pour ce membre ; calculez-le à nouveau.",
        "en": "The month is not assessed for this member; assess it again.",
    },
    Reason.ASSESSMENT_OUTDATED: {
        "es": "Su salario o sus dependientes cambiaron después del cálculo; calcule de nuevo.",
        "fr": "Son salaire ou ses personnes à charge ont changé après le calcul ; calculez à nouveau.",
        "en": "The wage or dependants changed after the assessment; assess the month again.",
    },
    Reason.DECLARED_ELSEWHERE: {
        "es": "Ya está declarada este mes en otra nómina.",
        "fr": "Le membre est déjà déclaré ce mois dans une autre liste.",
        "en": "The member is declared this month in another payroll.",
    },
    Reason.EARLIER_PAYROLL: {
        "es": "Está también en una nómina anterior; el Estado debe aceptar primero su salario en esa.",
        "fr": "Le membre figure aussi dans une liste antérieure ; l'État doit d'abord y accepter son salaire.",
        "en": "The member stands in an earlier payroll too; the state must take the wage there first.",
    },
    Reason.ON_LEAVE: {
        "es": "Está de licencia este mes.",
        "fr": "Le membre est en congé ce mois.",
        "en": "The member is on leave this month.",
    },
    Reason.LEFT: {
        "es": "Dejó la mutual.",
        "fr": "Le membre a quitté la mutuelle.",
        "en": "The member has left the mutual.",
    },
    Reason.DECEASED: {"es": "Falleció.", "fr": "Le membre est décédé.", "en": "The member has died."},
    Reason.NOT_ENROLLED: {
        "es": "El mes pasado estaba en esta nómina; ya no está.",
        "fr": "Le membre était dans cette liste le mois dernier et n'y est plus.",
        "en": "The member was in this payroll last month and is no longer.",
    },
}


def explain(
    reason: str,
    language: str,
    write: Callable[[int], str],
    *,
    needed_minor: int = 0,
    available_minor: int = 0,
    short_minor: int = 0,
    detail: str = "",
) -> str:
    """Say a decision in a sentence; an unknown language is answered in Spanish.

    Args:
        reason: Of the decision.
        language: ISO 639-1.
        write: Writes an amount in minor units with its currency, as the reader does.
        needed_minor: What her line needs.
        available_minor: What there is for her.
        short_minor: What is missing.
        detail: What is wrong with her particulars.
    """
    template = _WORDS[Reason(reason)].get(language, _WORDS[Reason(reason)]["es"])
    return template.format(
        needed=write(needed_minor),
        available=write(available_minor),
        short=write(short_minor),
        detail=detail,
    )
