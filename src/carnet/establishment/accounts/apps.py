"""So that Django finds the tables of the sign-in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-in of the establishment."""

    name = "carnet.establishment.accounts"
    label = "desk_accounts"
    default_auto_field = "django.db.models.BigAutoField"
