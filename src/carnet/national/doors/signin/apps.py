"""So that Django finds the tables, templates and catalogues of the stand-ins."""

from django.apps import AppConfig


class SignInConfig(AppConfig):
    """The stand-in providers of identity."""

    name = "carnet.national.doors.signin"
    label = "signin"
    default_auto_field = "django.db.models.BigAutoField"
