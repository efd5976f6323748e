"""Members: find them, see everything of one on one page, enrol and change them, take in lists of them."""

from gateway.backoffice.areas.members import file, forms, imports, movements, register
from gateway.backoffice.areas.members.place import area

__all__ = ["area", "file", "forms", "imports", "movements", "register"]

PICTURES = (
    ("/members", "members", "carla"),
    ("/members/1", "member", "olga"),
    ("/members/new", "enrol", "carla"),
)
"""Page, name of its picture, who looks."""
