"""The pages of the exchange log as a Django application."""

from django.apps import AppConfig


class ExchangePagesConfig(AppConfig):
    """Pages of the exchange log."""

    name = "carnet.ops.exchanges"
    label = "exchange_pages"
