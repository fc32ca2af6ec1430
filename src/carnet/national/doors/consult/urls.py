"""Addresses of Web-PS (spec dmp §2.4)."""

from django.urls import path, re_path

from carnet.national.doors.consult import documents
from carnet.national.doors.consult.entering import enter

_DOCUMENT = r"^consultation/(?P<unique_id>[0-9]+(?:\.[0-9]+)+)/"

urlpatterns = [
    path("AccesDirect/<slug:page>/", enter, name="consult-enter"),
    path("AccesDirect/<slug:page>/<slug:matricule>", enter, name="consult-enter-patient"),
    path("consultation/", documents.documents, name="consult-documents"),
    path("consultation/autoriser/", documents.authorise, name="consult-authorise"),
    path("consultation/quitter/", documents.leave, name="consult-leave"),
    re_path(f"{_DOCUMENT}$", documents.document, name="consult-document"),
    re_path(f"{_DOCUMENT}envoi/$", documents.lot, name="consult-lot"),
    re_path(f"{_DOCUMENT}original/$", documents.original, name="consult-original"),
]
