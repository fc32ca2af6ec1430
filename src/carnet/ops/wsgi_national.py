"""The WSGI application of the national wing, for granian or any WSGI server."""

import os
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created
from django.urls import get_resolver

from carnet.ops import connections
from carnet.ops.memory import set_apart

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carnet.ops.settings.national")

_OF_SERVICES = ("multipart/related", "application/soap+xml")


class Request(WSGIRequest):
    """A request whose content type is read for forms only: the services read theirs themselves."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        kind = meta.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if kind in _OF_SERVICES:
            self.content_type, self.content_params = kind, {}
        else:
            super()._set_content_type_params(meta)  # type: ignore[misc]


application = get_wsgi_application()
application.request_class = Request
connection_created.connect(connections.follow)

# The addresses are read now: the first visitor does not wait, and a broken door is told at start.
get_resolver().url_patterns  # noqa: B018
set_apart()
