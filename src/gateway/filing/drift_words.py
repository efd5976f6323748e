"""What a difference between the state, our filing and what was paid means, in Spanish, French and English."""

from gateway.filing.drift_kinds import DriftKind

_WORDS: dict[DriftKind, dict[str, str]] = {
    DriftKind.PAID_NOT_FILED: {
        "es": "Su dinero alcanza y no está en ninguna presentación del mes: inclúyala en una complementaria.",
        "fr": "Son argent suffit et aucune déclaration du mois ne la contient : ajoutez-la dans une complémentaire.",
        "en": "The money reaches and no filing of the month has this member: make a supplementary one.",
    },
    DriftKind.NOT_PAID: {
        "es": "El Estado la tenía el mes anterior y no se ha pagado este: faltan {short}.",
        "fr": "L'État l'avait le mois précédent et ce mois n'est pas payé : il manque {short}.",
        "en": "The state held this member the month before and this one is not paid: {short} are missing.",
    },
    DriftKind.UNANSWERED: {
        "es": "Presentada; el Estado aún no responde por esta persona.",
        "fr": "Déclarée ; l'État n'a pas encore répondu pour ce membre.",
        "en": "Filed; the state has not answered for this member yet.",
    },
    DriftKind.REJECTED: {
        "es": "El Estado rechazó su línea con el código {code}: corríjala y preséntela de nuevo.",
        "fr": "L'État a refusé sa ligne avec le code {code} : corrigez et déclarez à nouveau.",
        "en": "The state refused the line with code {code}: mend it and file it again.",
    },
    DriftKind.WAGE_TAKEN: {
        "es": "El Estado tomó un salario de {theirs}; se presentó {ours}.",
        "fr": "L'État a retenu un salaire de {theirs} ; {ours} était déclaré.",
        "en": "The state took a wage of {theirs}; {ours} was filed.",
    },
    DriftKind.AMOUNT_TAKEN: {
        "es": "El Estado cobra {theirs}; por nuestras tasas son {ours}.",
        "fr": "L'État réclame {theirs} ; selon nos taux c'est {ours}.",
        "en": "The state bills {theirs}; by our rates it is {ours}.",
    },
    DriftKind.WAGE_CHANGED: {
        "es": "Su salario declarado es ahora {ours}; se presentó {theirs}. Declare el cambio.",
        "fr": "Son salaire déclaré est maintenant {ours} ; {theirs} était déclaré à l'État. Déclarez le changement.",
        "en": "The declared wage is {ours} now; {theirs} was filed. Tell the state of the change.",
    },
    DriftKind.DEPENDANTS: {
        "es": "Dependientes adicionales: {ours} según nosotros, {filed} presentados, {theirs} en el Estado.",
        "fr": "Personnes à charge supplémentaires : {ours} chez nous, {filed} déclarées, {theirs} à l'État.",
        "en": "Additional dependants: {ours} with us, {filed} filed, {theirs} with the state.",
    },
    DriftKind.NOT_ENROLLED: {
        "es": "El Estado la tiene este mes y no está en la nómina: declare la salida o inscríbala.",
        "fr": "L'État a cette personne ce mois et elle n'est pas dans la liste : déclarez la sortie ou l'inscription.",
        "en": "The state holds this person this month, who is not in the payroll: tell it of the exit, or enrol the person.",
    },
    DriftKind.HELPED: {
        "es": "Presentada con {short} de su fondo o de la reserva: cóbreselos.",
        "fr": "Déclarée avec {short} de son fonds ou de la réserve : à recouvrer.",
        "en": "Filed with {short} of the fund or the reserve: collect it from the member.",
    },
}


def explain(kind: DriftKind, language: str, **values: object) -> str:
    """Say a difference in a sentence; an unknown language is answered in Spanish."""
    told = _WORDS[kind]
    return told.get(language, told["es"]).format_map(values)
