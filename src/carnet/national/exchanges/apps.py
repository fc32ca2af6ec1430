"""The room `exchanges` as a Django application."""

from django.apps import AppConfig


class ExchangesConfig(AppConfig):
    """What software sent to the services of a sandbox."""

    name = "carnet.national.exchanges"
    label = "exchanges"
    default_auto_field = "django.db.models.BigAutoField"
