"""The WSGI application of the establishment wing, for granian or any WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carnet.ops.settings.establishment")

application = get_wsgi_application()
