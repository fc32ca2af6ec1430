"""The room `journal` as a Django application."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """The trace of every act, and the actors."""

    name = "carnet.national.journal"
    label = "journal"
    default_auto_field = "django.db.models.BigAutoField"
