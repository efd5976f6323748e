"""How a mutual reaches its state: by an interface that a worker speaks to, or by hand on a portal. Pure."""

from gateway.kit.tenant import MutualRow

PORTAL = "portal"
CHANNEL = "authority_channel"
"""Key of the mutual's setting: ``api`` (usual) or ``portal``."""


def is_by_portal(mutual: MutualRow) -> bool:
    """Tell whether a mutual's state is reached by hand only."""
    return mutual.settings.get(CHANNEL) == PORTAL
