"""The state's words for its codes, as it sends them."""

import json
from functools import cache

MESSAGES = {
    "PY1": "Error de formato o estructura",
    "0": "Aceptada",
    "3": "El empleador no existe",
    "24": "La cédula no está en el padrón",
    "39": "Fecha de inicio o de fin inválida",
    "101": "Documento inválido",
    "105": "Nombres del titular del pasaporte inválidos",
    "106": "Primer apellido del titular del pasaporte inválido",
    "107": "Sexo del titular del pasaporte inválido",
    "108": "Fecha de nacimiento del titular del pasaporte inválida",
    "110": "El dependiente no existe",
    "111": "El titular no existe",
    "112": "El dependiente está activo con otro titular",
    "115": "El dependiente ya está inactivo",
    "116": "Representante no autorizado para esta nómina",
    "120": "El dependiente es trabajador",
    "150": "El empleador está inactivo",
    "155": "Clave de nómina inválida",
    "156": "Salario cotizable inválido",
    "157": "Aporte voluntario inválido",
    "158": "Salario ISR inválido",
    "164": "Tipo de novedad inválido",
    "188": "Todos los montos están en cero",
    "191": "El dependiente ya está activo",
    "192": "El dependiente es el mismo titular",
    "194": "La nómina no está activa",
    "195": "El dependiente no pertenece al núcleo familiar del titular",
    "250": "Algunas líneas fueron rechazadas",
    "252": "Período inválido",
    "301": "Ninguna línea fue aceptada",
    "321": "Salario INFOTEP inválido",
    "417": "El número de seguridad social no pertenece a nadie",
    "422": "Persona duplicada en la nómina",
    "514": "El trabajador no está activo en la nómina",
    "572": "Tipo de ingreso inválido",
    "650": "Error inesperado; intente más tarde",
}
CHANGED = "Aceptada con cambio de salario"


def message(code: str) -> str:
    """Return the words for a code, or words that say nothing for one that is not in the table."""
    return MESSAGES.get(code, "Sin descripción")


@cache
def message_json(code: str) -> str:
    """Return the words as a JSON string."""
    return json.dumps(message(code), ensure_ascii=False)
