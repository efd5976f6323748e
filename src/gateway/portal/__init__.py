"""The member's pages, under /m: made on the server, small, readable without a connection as they last were.

They call the same use cases as the API and hold no rule. Without JavaScript but for the service worker and the check of a
proof, which must be the browser's own; the session is in cookies that no script reads; every form carries a token against
requests from elsewhere.
"""
