"""So that Django finds the templates and the catalogues of the space."""

from django.apps import AppConfig


class SpaceConfig(AppConfig):
    """The citizen's pages; no table of their own."""

    name = "carnet.national.doors.space"
    label = "space"
