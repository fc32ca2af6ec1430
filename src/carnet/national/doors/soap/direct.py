"""Calls of software go straight to their service."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from carnet.national.doors.soap.urls import BEGINNINGS

#: The services are few and are asked often.
_resolve: Final = lru_cache(maxsize=64)(resolve)
Handler = Callable[[HttpRequest], HttpResponse]


def direct(get_response: Handler) -> Handler:
    """Spares the SOAP services what is for pages: sessions, cookies, languages, their headers.

    A fifth of what retrieving a document costs. An address that is no service goes the usual way.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(BEGINNINGS):
            return get_response(request)
        try:
            match = _resolve(request.path_info)
        except Resolver404:
            return get_response(request)
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        response.headers["Content-Length"] = str(len(response.content))
        return response

    return middleware
