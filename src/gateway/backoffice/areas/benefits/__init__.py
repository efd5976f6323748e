"""Benefits: claims with their papers and instalments, and what the state pays back, to whom it belongs."""

from gateway.backoffice.areas.benefits import claims, remittances, steps
from gateway.backoffice.areas.benefits.place import area

__all__ = ["area", "claims", "remittances", "steps"]

PICTURES = (("/benefits/remittances/1", "remittance", "bruno"),)
"""Page, name of its picture, who looks."""
