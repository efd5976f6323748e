"""Which state speaks how: the one place that knows all adapters."""

from collections.abc import Callable

import httpx

from gateway.authority.do_tss import codec as do_codec
from gateway.authority.do_tss.format import DominicanFormat
from gateway.authority.errors import UnsupportedCountryError
from gateway.authority.protocol import RawAnswer, StateChannel, StateFormat
from gateway.authority.rest.channel import RestChannel
from gateway.authority.rest.transport import Timeouts, Transport

_FORMATS: dict[str, Callable[[], StateFormat]] = {"do": DominicanFormat}
_DOCUMENT_KINDS = {"do": do_codec.KIND_OF_LETTER}


def state_format(country: str) -> StateFormat:
    """Return how this country's state wants its files written.

    Raises:
        UnsupportedCountryError: No adapter for the country.
    """
    try:
        return _FORMATS[country]()
    except KeyError:
        raise UnsupportedCountryError(_sentence(country)) from None


def state_channel(
    country: str,
    url: str,
    token: str,
    *,
    timeouts: Timeouts | None = None,
    on_answer: Callable[[RawAnswer], None] | None = None,
    http: httpx.BaseTransport | None = None,
) -> StateChannel:
    """Return the line to this country's state.

    Args:
        country: ISO 3166-1 alpha-2, lower case.
        url: Where the state serves ``openapi/authority.yaml``, without a trailing path.
        token: Agreed between the mutual and the state.
        timeouts: How long to wait; None takes the usual.
        on_answer: Called with every answer as it came, failures included, before it is understood.
        http: Another way to carry requests than the network, for tests.

    Raises:
        UnsupportedCountryError: No adapter for the country.
    """
    if country not in _FORMATS:
        raise UnsupportedCountryError(_sentence(country))
    transport = Transport(url, token, timeouts=timeouts, on_answer=on_answer, http=http)
    return RestChannel(transport, document_kinds=_DOCUMENT_KINDS[country])


def _sentence(country: str) -> str:
    return f"no adapter for the state of {country!r}; there is one for {', '.join(sorted(_FORMATS))}"
