"""What webhooks refuse."""

from gateway.kit.errors import MalformedError, NotFoundError, RuleError


class WebhookNotFoundError(NotFoundError):
    """No subscription has the number."""

    code = "webhook_not_found"
    title = "No such webhook"


class WebhookDeliveryNotFoundError(NotFoundError):
    """The subscription has no delivery of this number."""

    code = "webhook_delivery_not_found"
    title = "No such delivery"


class WebhookAddressError(MalformedError):
    """An address that nothing may be sent to."""

    code = "webhook_address"
    title = "Nothing can be sent to this address"


class WebhookEventUnknownError(MalformedError):
    """A kind of event that is not in the list."""

    code = "webhook_event_unknown"
    title = "No such kind of event"


class WebhookRuleError(RuleError):
    """The subscription's state does not allow this."""

    code = "webhook_rule"
    title = "The webhook's state does not allow this"
