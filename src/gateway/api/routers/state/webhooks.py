"""A client of the state keeps its own subscriptions: it sees and changes no other, and is told what its scopes let it read."""

from gateway.api.routers.webhook_routes import add_routes
from gateway.api.routing import Router
from gateway.api.state_access import StateDep, StateOnceDep, needs
from gateway.statelink.states import Scope

router = Router(prefix="/v1/state/webhooks", tags=["webhooks"])
add_routes(router, act=StateDep, once=StateOnceDep, who=needs(Scope.MANAGE_WEBHOOKS))
