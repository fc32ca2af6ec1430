"""The room `accounts` as a Django application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who signs in, for whom, and what they were told."""

    name = "carnet.national.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
