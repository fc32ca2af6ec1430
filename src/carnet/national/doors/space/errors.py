"""Pages for what cannot be shown: each says why and what one can do.

The root URL configuration names them as its handlers; they ask nothing of the database.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from carnet.national.doors.space import display, frame
from carnet.national.doors.space.headers import protect


def _error(request: HttpRequest, template: str, status: int) -> HttpResponse:
    language = display.language(request)
    with translation.override(language):
        # the place to come back to is not read from the request: it may be what was wrong
        page = frame.plain(request, f"errors/{template}.html", status=status, same_page="/")
    page.headers.setdefault("Content-Language", language)
    return protect(page)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """404: no such page, or not for this reader."""
    return _error(request, "not_found", 404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """403: the request may not be made."""
    return _error(request, "forbidden", 403)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """403 of the CSRF check (`CSRF_FAILURE_VIEW`): the form came from elsewhere or is too old."""
    return _error(request, "stale_form", 403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """400: the request makes no sense."""
    return _error(request, "bad_request", 400)


def broken(request: HttpRequest) -> HttpResponse:
    """500: our fault."""
    return _error(request, "broken", 500)
