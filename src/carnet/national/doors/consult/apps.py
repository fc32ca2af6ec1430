"""The consultation pages as a Django application."""

from django.apps import AppConfig


class ConsultConfig(AppConfig):
    """Web-PS."""

    name = "carnet.national.doors.consult"
    label = "consult"
