"""The room `messaging` as a Django application."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Mailboxes, conversations and the rules of the exchange."""

    name = "carnet.national.messaging"
    label = "messaging"
    default_auto_field = "django.db.models.BigAutoField"
