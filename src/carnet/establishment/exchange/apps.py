from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "carnet.establishment.exchange"
    label = "exchange"
