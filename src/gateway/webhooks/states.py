"""Lives of a subscription and of a delivery.

    subscription   active -> disabled -> active
    delivery       waiting -> delivered | failed -> waiting (sent again on request)

What waits for a disabled subscription goes on waiting: nothing is lost while somebody mends her side.
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class SubscriptionStatus(StrEnum):
    """Whether anything is sent."""

    ACTIVE = "active"
    DISABLED = "disabled"
    """Switched off by a person, by 410 Gone, or after days without one success."""


class SubscriptionEvent(StrEnum):
    """What can happen to a subscription."""

    DISABLE = "disable"
    ENABLE = "enable"


class DeliveryStatus(StrEnum):
    """How far one event got at one subscription."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Every attempt of the schedule was used up."""


class DeliveryEvent(StrEnum):
    """What can happen to a delivery."""

    DELIVER = "deliver"
    GIVE_UP = "give_up"
    SEND_AGAIN = "send_again"


SUBSCRIPTION = StateMachine[SubscriptionStatus, SubscriptionEvent](
    {
        SubscriptionEvent.DISABLE: (frozenset({SubscriptionStatus.ACTIVE}), SubscriptionStatus.DISABLED),
        SubscriptionEvent.ENABLE: (frozenset({SubscriptionStatus.DISABLED}), SubscriptionStatus.ACTIVE),
    }
)
DELIVERY = StateMachine[DeliveryStatus, DeliveryEvent](
    {
        DeliveryEvent.DELIVER: (frozenset({DeliveryStatus.WAITING}), DeliveryStatus.DELIVERED),
        DeliveryEvent.GIVE_UP: (frozenset({DeliveryStatus.WAITING}), DeliveryStatus.FAILED),
        DeliveryEvent.SEND_AGAIN: (frozenset(DeliveryStatus), DeliveryStatus.WAITING),
    }
)
