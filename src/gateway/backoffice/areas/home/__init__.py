"""Home: what is somebody's to do today, in order of urgency, and how the months stand."""

from gateway.backoffice.areas.home import desk_today
from gateway.backoffice.areas.home.desk_today import area

__all__ = ["area", "desk_today"]

PICTURES = (("/", "home-filing-officer", "olga"), ("/?", "home-manager", "mara"), ("/months/2026-03", "month", "abel"))
"""Page, name of its picture, who looks."""
