"""Home: what is somebody's to do today, and how the month stands."""

from fastapi.responses import Response

from gateway.backoffice.frame.area import Area
from gateway.backoffice.frame.desk import Desk
from gateway.backoffice.frame.texts import N_

area = Area("home", N_("Home"), "/", 0)


@area.page("/")
def home(desk: Desk) -> Response:
    """Say what is hers to do today."""
    return desk.page("home/home.html")
