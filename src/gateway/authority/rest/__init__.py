"""Any state that serves ``openapi/authority.yaml``, over HTTP.

``transport`` makes one call and says which of four things happened: answered, refused, surely not done, not known.
``read`` understands answers: strict in what we rely on, tolerant of what we do not know. ``channel`` puts both together.
"""
