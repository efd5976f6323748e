"""Lives of a subscription and of a delivery.

    subscription   active <-> disabled; either -> ended, for good
    delivery       waiting -> delivered | failed -> waiting (sent again on request)
                   waiting -> abandoned (its subscription ended before it came)

What waits for a disabled subscription goes on waiting: nothing is lost while somebody mends her side.
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class SubscriptionStatus(StrEnum):
    """Whether anything is sent."""

    ACTIVE = "active"
    DISABLED = "disabled"
    """Switched off by a person, by 410 Gone, or after days without one success."""
    ENDED = "ended"
    """Nobody wants to be told any more; what was told stays to be read."""


class SubscriptionEvent(StrEnum):
    """What can happen to a subscription."""

    DISABLE = "disable"
    ENABLE = "enable"
    END = "end"


class DeliveryStatus(StrEnum):
    """How far one event got at one subscription."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Every attempt of the schedule was used up."""
    ABANDONED = "abandoned"
    """Its subscription ended before it came."""


class DeliveryEvent(StrEnum):
    """What can happen to a delivery."""

    DELIVER = "deliver"
    GIVE_UP = "give_up"
    SEND_AGAIN = "send_again"
    ABANDON = "abandon"


SUBSCRIPTION = StateMachine[SubscriptionStatus, SubscriptionEvent](
    {
        SubscriptionEvent.DISABLE: (frozenset({SubscriptionStatus.ACTIVE}), SubscriptionStatus.DISABLED),
        SubscriptionEvent.ENABLE: (frozenset({SubscriptionStatus.DISABLED}), SubscriptionStatus.ACTIVE),
        SubscriptionEvent.END: (
            frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.DISABLED}),
            SubscriptionStatus.ENDED,
        ),
    }
)
DELIVERY = StateMachine[DeliveryStatus, DeliveryEvent](
    {
        DeliveryEvent.DELIVER: (frozenset({DeliveryStatus.WAITING}), DeliveryStatus.DELIVERED),
        DeliveryEvent.GIVE_UP: (frozenset({DeliveryStatus.WAITING}), DeliveryStatus.FAILED),
        DeliveryEvent.SEND_AGAIN: (
            frozenset({DeliveryStatus.WAITING, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED}),
            DeliveryStatus.WAITING,
        ),
        DeliveryEvent.ABANDON: (frozenset({DeliveryStatus.WAITING}), DeliveryStatus.ABANDONED),
    }
)
