"""The headers of every page of the space: no script, nothing from elsewhere, nothing kept.

Requirements: REC_3.2-1020.
"""

from __future__ import annotations

from typing import TypeVar

from django.http import HttpResponse, HttpResponseBase

Response = TypeVar("Response", bound=HttpResponseBase)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'none'; object-src 'none'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store, private",
    # not no-referrer: with it browsers send "Origin: null", which the CSRF check refuses
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def protect(response: Response) -> Response:
    """Add them, keeping those that a view has set itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def with_scripts(response: HttpResponse) -> HttpResponse:
    """Let a page run the scripts of this site: those of passkeys have no other way."""
    policy = HEADERS["Content-Security-Policy"].replace("script-src 'none'", "script-src 'self'")
    response.headers["Content-Security-Policy"] = policy
    return response
