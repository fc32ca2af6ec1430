"""The gate of the stand-ins: without `CARNET_SIGNIN_URL` none of their addresses exists."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


class Caller(StrEnum):
    """Who may come to an address, in a sandbox."""

    ANYBODY = "anybody, in a sandbox: there one chooses who one is"
    CLIENT = "software registered at the stand-in provider, in a sandbox"
    BEARER = "software with an access token of the stand-in provider, in a sandbox"


def open_to(caller: Caller) -> Callable[[View], View]:
    """Declare who may come to a view, and close it where there is no sandbox."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
            if not settings.CARNET_SIGNIN_URL:
                raise Http404
            return view(request, **arguments)

        guarded.access = caller  # type: ignore[attr-defined]
        return guarded

    return decorate
