"""The WSGI application of the establishment wing, for granian or any WSGI server."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from carnet.ops.memory import set_apart

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carnet.ops.settings.establishment")

application = get_wsgi_application()

# The addresses are read now: the first visitor does not wait, and a broken door is told at start.
get_resolver().url_patterns  # noqa: B018
set_apart()
