"""The pages of the mutual's staff, under /o: made on the server, in Spanish, French and English, without SQL of their own.

Every page calls the use cases and queries that the API's routers call, in one transaction that belongs to one mutual.
``frame`` holds what all pages share; ``areas`` has one module per area, found by itself. Everything works without
JavaScript; htmx makes some of it more comfortable. docs/backoffice.md says how a page is added.
"""
