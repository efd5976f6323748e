"""Which state speaks how: a country's format and the line to its state, by the country's code."""

from collections.abc import Callable

import httpx

from gateway.authority.country import Country, countries, find_country, format_of
from gateway.authority.errors import UnsupportedCountryError
from gateway.authority.protocol import RawAnswer, StateChannel, StateFormat
from gateway.authority.rest.channel import RestChannel
from gateway.authority.rest.transport import Timeouts, Transport
from gateway.kit.own_keys import OwnKeys


def country_of(code: str) -> Country:
    """Return a country's data.

    Raises:
        UnsupportedCountryError: It has no folder.
    """
    country = find_country(code)
    if country is None:
        raise UnsupportedCountryError(
            f"no adapter for the state of {code!r}; there is one for {', '.join(sorted(countries()))}"
        )
    return country


def state_format(country: str) -> StateFormat:
    """Return how this country's state wants its files written.

    Raises:
        UnsupportedCountryError: No adapter for the country.
    """
    return format_of(country_of(country))


def state_channel(
    country: str,
    url: str,
    token: str,
    *,
    timeouts: Timeouts | None = None,
    on_answer: Callable[[RawAnswer], None] | None = None,
    keys: OwnKeys | None = None,
    http: httpx.BaseTransport | None = None,
) -> StateChannel:
    """Return the line to this country's state.

    Args:
        country: ISO 3166-1 alpha-2, lower case.
        url: Where the state serves ``openapi/authority.yaml``, without a trailing path.
        token: Agreed between the mutual and the state.
        timeouts: How long to wait; None takes the usual.
        on_answer: Called with every answer as it came, failures included, before it is understood.
        keys: Our own, where the state wants every request signed (RFC 9421).
        http: Another way to carry requests than the network, for tests.

    Raises:
        UnsupportedCountryError: No adapter for the country.
    """
    spoken_to = country_of(country)
    transport = Transport(url, token, timeouts=timeouts, on_answer=on_answer, keys=keys, http=http)
    return RestChannel(transport, document_kinds=spoken_to.kind_of_letter)
