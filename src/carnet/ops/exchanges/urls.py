"""Addresses of the exchange log."""

from django.urls import path

from carnet.ops.exchanges import pages

urlpatterns = [
    path("echanges/", pages.exchanges, name="exchanges-list"),
    path("echanges/entrer/", pages.enter, name="exchanges-enter"),
    path("echanges/<uuid:id_>/", pages.exchange, name="exchanges-exchange"),
    path("echanges/<uuid:id_>/<slug:side>/", pages.raw, name="exchanges-raw"),
]
