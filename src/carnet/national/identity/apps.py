"""The room `identity` as a Django application."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Who the persons are: INS and traits."""

    name = "carnet.national.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"
