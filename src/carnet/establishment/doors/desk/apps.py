from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "carnet.establishment.doors.desk"
    label = "desk"
