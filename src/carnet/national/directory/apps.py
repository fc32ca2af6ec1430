"""The room `directory` as a Django application."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """Structures and professionals."""

    name = "carnet.national.directory"
    label = "directory"
    default_auto_field = "django.db.models.BigAutoField"
