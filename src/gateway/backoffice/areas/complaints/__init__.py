"""Complaints: the queue of what members say is not right, and one case with what she saw, until she was answered."""

from gateway.backoffice.areas.complaints import case, queue
from gateway.backoffice.areas.complaints.place import area

__all__ = ["area", "case", "queue"]

PICTURES = (
    ("/complaints", "complaints", "mara"),
    ("/complaints/{complaint}", "complaint", "mara"),
)
"""Page, name of its picture, who looks."""
