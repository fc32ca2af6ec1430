"""The room `record` as a Django application."""

from django.apps import AppConfig


class RecordConfig(AppConfig):
    """The shared record: documents, who may read them, what happened after."""

    name = "carnet.national.record"
    label = "record"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A matrix that cannot be read stops the start: nothing is decided by half a law."""
        from carnet.national.record import law

        law.matrices()
