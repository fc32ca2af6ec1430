"""What every door of software reads of a request, whatever it speaks."""

from __future__ import annotations

from typing import BinaryIO, cast

from django.http import HttpRequest


def announced(request: HttpRequest) -> int:
    """The bytes that a body is said to have; 0 when they are not said in figures."""
    said = request.META.get("CONTENT_LENGTH") or ""
    return int(said[:20]) if said.isascii() and said.isdigit() else 0


def header(request: HttpRequest, name: str) -> str:
    """One header, empty when it was not sent: `request.headers` is a copy of all of them."""
    return str(request.META.get(f"HTTP_{name.upper().replace('-', '_')}", ""))


def stream(request: HttpRequest) -> BinaryIO:
    """The body as a file. Software that streams MTOM sends it in chunks, without its length.

    Django gives nothing then; a server that ends the input itself says so (`input_terminated`).
    """
    chunked = "CONTENT_LENGTH" not in request.META and request.META.get("wsgi.input_terminated")
    # HttpRequest reads as a file does.
    return cast(BinaryIO, request.META["wsgi.input"] if chunked else request)


def location(request: HttpRequest) -> str:
    """The address of a service as the caller wrote it: the TLS front says how it was reached."""
    secure = request.is_secure() or request.headers.get("X-Forwarded-Proto") == "https"
    return f"{'https' if secure else 'http'}://{request.get_host()}{request.path}"
