"""Addresses of the SOAP services (spec dmp §1.1): each path, what it does, and its WSDL."""

from django.urls import path

from carnet.national.doors.soap import ihe
from carnet.national.doors.soap.habilitations import AUTHORISATIONS, AUTHORISE, RECORDS
from carnet.national.doors.soap.insi import PATH as INSI
from carnet.national.doors.soap.insi import insi
from carnet.national.doors.soap.iti18 import QUERY
from carnet.national.doors.soap.iti41 import PROVIDE
from carnet.national.doors.soap.iti43 import RETRIEVE
from carnet.national.doors.soap.iti57 import UPDATE
from carnet.national.doors.soap.patients import ADD, ASK, REVISE
from carnet.national.doors.soap.service import service
from carnet.national.doors.soap.td05 import FIND
from carnet.standards.soap.wsdl import SERVICES

BASE = "si-dmp-server/v2/services"
#: How the addresses of these services begin.
BEGINNINGS = (f"/{BASE}/", f"/{INSI}", f"/{ihe.BASE}/")

_OPERATIONS = {
    "patients": (ASK, ADD, REVISE),
    "patientsPDQ": (FIND,),
    "patientsSpecific": (RECORDS,),
    "habilitations": (AUTHORISE, AUTHORISATIONS),
    "registry": (QUERY, UPDATE),
    "repository": (PROVIDE, RETRIEVE),
}

urlpatterns = [
    path(
        f"{BASE}/{described.path}",
        service(*_OPERATIONS[described.path], described=described),
        name=f"soap-{described.path}",
    )
    for described in SERVICES
]
# TD0.0: the address answers that its only operation is retired.
urlpatterns.append(path(f"{BASE}/patientCertif", service(), name="soap-patientCertif"))
urlpatterns.append(path(INSI, insi, name="soap-insi"))
urlpatterns += ihe.urlpatterns
