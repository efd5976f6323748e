"""Which payer speaks how: the one place that knows all of them."""

from collections.abc import Callable, Mapping

import httpx

from gateway.bank.mobile_money import MobileMoneyChannel
from gateway.bank.protocol import PayerChannel, RawAnswer
from gateway.bank.sms import HttpSms, SmsChannel
from gateway.bank.transport import Timeouts, Transport


def payer_channel(
    url: str,
    token: str,
    *,
    debit_party: Mapping[str, str],
    callback_url: str | None = None,
    timeouts: Timeouts | None = None,
    on_answer: Callable[[RawAnswer], None] | None = None,
    http: httpx.BaseTransport | None = None,
) -> PayerChannel:
    """Return the line to a mobile-money provider.

    Args:
        url: Where the provider serves the GSMA Mobile Money API.
        token: Agreed with the provider.
        debit_party: How the provider knows the account that pays, for example ``{"organisationid": "amparo"}``.
        callback_url: Where the provider is to tell us of changes; None lets us ask.
        timeouts: How long to wait; None takes the usual.
        on_answer: Called with every answer as it came, failures included, before it is understood.
        http: Another way to carry requests than the network, for tests.
    """
    transport = Transport(url, token, timeouts=timeouts, on_answer=on_answer, http=http)
    return MobileMoneyChannel(transport, debit_party=debit_party, callback_url=callback_url)


def sms_channel(url: str, token: str, *, http: httpx.BaseTransport | None = None) -> SmsChannel:
    """Return the line to a carrier of short messages.

    Args:
        url: Where the carrier serves ``/sms``.
        token: Agreed with the carrier.
        http: Another way to carry requests than the network, for tests.
    """
    return HttpSms(url, token, http=http)
