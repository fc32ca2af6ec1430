"""What every request of both wings goes through: correlation, one log line, security headers."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from carnet.ops.logging import correlation

logger = logging.getLogger("carnet.request")

Handler = Callable[[HttpRequest], HttpResponse]

CORRELATION_HEADER = "X-Correlation-Id"
_SENT = "HTTP_X_CORRELATION_ID"
_CORRELATION = re.compile(r"[0-9A-Za-z._:-]{8,80}")

# No third party, no inline script or style; the viewer may frame our own documents.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "object-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), interest-cohort=()"


def correlated(get_response: Handler) -> Handler:
    """Gives each request its correlation id, the caller's if it has a sound one; logs one line.

    The id is in every log line of the request, in `request.correlation` and in the answer's
    header `X-Correlation-Id`. The line holds the route's name, never the path or the query.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.META.get(_SENT, "")
        identifier = given if _CORRELATION.fullmatch(given) else str(uuid.uuid4())
        request.correlation = identifier  # type: ignore[attr-defined]
        token = correlation.set(identifier)
        started = time.perf_counter()
        try:
            response = get_response(request)
            match = request.resolver_match
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    "route": match.view_name if match else "",
                    "status": response.status_code,
                    "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                },
            )
        finally:
            correlation.reset(token)
        response.headers[CORRELATION_HEADER] = identifier
        return response

    return middleware


def content_security(get_response: Handler) -> Handler:
    """Adds the strict Content-Security-Policy, unless the view wrote its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    return middleware
