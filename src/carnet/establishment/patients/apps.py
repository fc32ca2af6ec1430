from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "carnet.establishment.patients"
    label = "patients"
