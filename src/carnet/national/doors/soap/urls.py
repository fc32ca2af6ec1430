"""Addresses of the SOAP services (spec dmp §1.1)."""

from django.urls import path

from carnet.national.doors.soap.iti18 import QUERY
from carnet.national.doors.soap.iti41 import PROVIDE
from carnet.national.doors.soap.iti43 import RETRIEVE
from carnet.national.doors.soap.iti57 import UPDATE
from carnet.national.doors.soap.service import service
from carnet.national.doors.soap.td02 import EXISTENCE

BASE = "si-dmp-server/v2/services"

urlpatterns = [
    path(f"{BASE}/patients", service(EXISTENCE), name="soap-patients"),
    path(f"{BASE}/registry", service(QUERY, UPDATE), name="soap-registry"),
    path(f"{BASE}/repository", service(PROVIDE, RETRIEVE), name="soap-repository"),
]
