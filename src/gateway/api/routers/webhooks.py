"""Who is told what happens here: a manager's acts, and what came of each telling."""

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.routers.webhook_routes import add_routes
from gateway.api.routing import Router
from gateway.staff.models import Role

router = Router(prefix="/v1/webhooks", tags=["webhooks"])
add_routes(router, act=ActDep, once=OnceDep, who=allow(Role.MANAGER))
