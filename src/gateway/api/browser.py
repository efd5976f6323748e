"""What every page of ours has in common: the headers it goes out with, and whether a form came from one of ours."""

import hmac

from fastapi import Request

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'{images}; manifest-src 'self';"
    " worker-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page_headers(*, images: str = "") -> dict[str, str]:
    """Return the headers of a page: nothing in line, nothing from elsewhere, kept by nobody.

    Args:
        images: Further sources of images, for example ``data:`` for those that a style sheet holds.
    """
    return {
        "content-security-policy": POLICY.format(images=f" {images}" if images else ""),
        "cache-control": "no-store",
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "cross-origin-opener-policy": "same-origin",
    }


def is_own_form(request: Request, expected: str, given: str | None) -> bool:
    """Tell whether a form came from a page of ours: the browser does not say otherwise, and its token is right."""
    origin = request.headers.get("sec-fetch-site", "same-origin")
    is_right = bool(expected) and hmac.compare_digest(expected.encode(), (given or "").encode())
    return origin in {"same-origin", "none"} and is_right
