"""What webhooks refuse."""

from gateway.kit.errors import MalformedError, NotFoundError, RuleError


class WebhookNotFoundError(NotFoundError):
    """No subscription has the number, or it is not the caller's."""

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
    """A kind of event that is not in the list, or not in that of who asks."""

    code = "webhook_event_unknown"
    title = "No such kind of event"


class WebhookDisabledError(RuleError):
    """Nothing is sent while the subscription is disabled."""

    code = "webhook_disabled"
    title = "The webhook is disabled"
