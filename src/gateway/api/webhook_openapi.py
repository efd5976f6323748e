"""The events we send, as the ``webhooks`` of a description (OpenAPI 3.1)."""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.webhooks.rules import Kind, schema_of

_TEXT = {"type": "string"}
_HEADERS: Mapping[str, str] = {
    "webhook-id": "The event, the same on every attempt: keep those you have seen, and answer 200 to one you know.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970; refuse what is more than five minutes away.",
    "webhook-signature": "`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; several, with spaces, while one secret "
    "replaces another.",
}
_SIGNATURE: Mapping[str, str] = {
    "signature-input": "Where the subscription wants it: what the HTTP message signature covers (RFC 9421).",
    "signature": "The HTTP message signature, by a key of `/.well-known/jwks.json`.",
    "content-digest": "SHA-256 of the body (RFC 9530), covered by the signature.",
}
_ANSWERS: Mapping[str, str] = {
    "2XX": "Taken. Answer within ten seconds, and do the work afterwards.",
    "410": "Nobody is here any more: nothing is sent until the subscription is enabled again.",
    "429": "Too much at once: nothing is sent for as long as `Retry-After` says, a day at most.",
    "default": "Not taken: it comes again after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h, and then no more by itself.",
}


def webhooks_of(kinds: Iterable[Kind]) -> dict[str, Any]:
    """Return one entry per kind of event."""
    return {kind.type: {"post": _operation(kind)} for kind in kinds}


def _operation(kind: Kind) -> dict[str, Any]:
    required = [_header(name, about, is_required=True) for name, about in _HEADERS.items()]
    return {
        "summary": kind.about,
        "description": f"Sent to whoever subscribed to `{kind.type}`. Order is not promised; ask the API for the rest.",
        "operationId": f"webhook_{kind.type.replace('.', '_')}",
        "tags": ["webhooks"],
        "parameters": required + [_header(name, about, is_required=False) for name, about in _SIGNATURE.items()],
        "requestBody": {"required": True, "content": {"application/json": {"schema": dict(schema_of(kind))}}},
        "responses": {status: {"description": about} for status, about in _ANSWERS.items()},
    }


def _header(name: str, about: str, *, is_required: bool) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": is_required, "description": about, "schema": dict(_TEXT)}
