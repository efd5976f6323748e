"""Administration: people, second factors, settings, rates, fees, holidays, messages, other systems, the log, connections."""

from gateway.backoffice.areas.administration import (
    clients,
    connections,
    holidays,
    log,
    messages,
    people,
    rates,
    settings,
    webhooks,
)
from gateway.backoffice.areas.administration.place import PICTURES, area

__all__ = [
    "PICTURES",
    "area",
    "clients",
    "connections",
    "holidays",
    "log",
    "messages",
    "people",
    "rates",
    "settings",
    "webhooks",
]
