"""A client that is not ours loads the served WSDL and calls the services over HTTP (zeep)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import zeep
from django.test import Client
from django.urls import resolve
from lxml import etree
from requests import Session

from carnet.standards import xml
from carnet.standards.gdp import td02, td05, td13a
from carnet.standards.gdp.patient_query import PatientQuery
from carnet.standards.ids import Ins
from carnet.standards.soap.envelope import WSSE
from carnet.standards.soap.wsdl import SERVICES, SOAP12
from carnet.standards.vihf.assertion import Purpose
from carnet.standards.xds import iti18
from carnet.standards.xds.iti18 import FindDocuments
from carnet.standards.xds.metadata import Status
from tests.national import certificates, world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import BASE, header, reader
from tests.national.doors.soap.test_gdp import QUERY_ID, frame

PATHS = [service.path for service in SERVICES]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["wsdl", "WSDL"])
def test_a_service_gives_its_wsdl_with_the_address_it_was_asked_at(
    query: str, path: str, client: Client
) -> None:
    response = client.get(
        f"{BASE}/{path}?{query}", headers={"Host": "localhost:8443", "X-Forwarded-Proto": "https"}
    )
    assert response.headers["Content-Type"].startswith("text/xml")
    (address,) = xml.parse(response.content).iter(f"{{{SOAP12}}}address")
    assert address.get("location") == f"https://localhost:8443{BASE}/{path}"


@pytest.mark.django_db
@pytest.mark.parametrize("path", [f"{BASE}/registry", f"{BASE}/patientCertif?wsdl"])
def test_what_has_no_wsdl_to_give_only_takes_a_post(path: str, client: Client) -> None:
    assert client.get(path).status_code == 405


@pytest.mark.django_db
def test_a_forged_host_is_given_no_wsdl(client: Client) -> None:
    response = client.get(f"{BASE}/registry?wsdl", headers={"Host": "attacker.example"})
    assert response.status_code == 400


class WithVihf:
    """WS-Security of zeep: puts a signed VIHF in the header."""

    def __init__(self, assertion: bytes) -> None:
        self.assertion = assertion

    def apply(self, envelope: Any, headers: Any) -> tuple[Any, Any]:
        place = zeep.wsdl.utils.get_or_create_header(envelope)
        etree.SubElement(place, f"{{{WSSE}}}Security").append(etree.fromstring(self.assertion))
        return envelope, headers

    def verify(self, envelope: Any) -> None:
        """The answers carry no signature."""


Connect = Callable[..., Any]


@pytest.fixture
def zeep_client(live_server: Any, trusting: Papers) -> Iterator[Connect]:
    """A client of zeep for a service, with a card and its VIHF."""
    sessions = []

    def connect(path: str, patient: Ins | None, **changes: Any) -> Any:
        session = Session()
        sessions.append(session)
        session.headers.update(header(trusting.card_client))
        assertion = certificates.signed(trusting, reader(patient, **changes))
        return zeep.Client(
            f"{live_server.url}{BASE}/{path}?wsdl",
            wsse=WithVihf(assertion),
            transport=zeep.Transport(session=session),
            settings=zeep.Settings(raw_response=False),
        )

    yield connect
    for session in sessions:
        session.close()


@pytest.fixture
def record(transactional_db: None) -> tuple[Any, Ins]:
    world.make_hospital()
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    return patient_id, ins


def ask(client: Any, payload: bytes) -> Any:
    """Call the operation of an element whose schema is left open; the element that answers."""
    asked = etree.fromstring(payload)
    names = {one.request[1]: one for service in SERVICES for one in service.operations}
    operation = names[etree.QName(asked).localname]
    told = client.service[operation.name](_value_1=list(asked), _attr_1=dict(asked.attrib.items()))
    namespace, name = operation.answer
    answer = etree.Element(f"{{{namespace}}}{name}", dict(told._attr_1 or {}))
    answer.extend(told._value_1)
    return answer


@pytest.mark.parametrize("path", PATHS)
def test_zeep_loads_every_wsdl_and_finds_its_operations(
    path: str, zeep_client: Connect, record: Any
) -> None:
    (service,) = (one for one in SERVICES if one.path == path)
    found = zeep_client(path, None)
    assert urlsplit(found.service._binding_options["address"]).path == f"{BASE}/{path}"
    assert set(found.service._operations) == {one.name for one in service.operations}


def test_zeep_lists_the_authorised_professionals(
    zeep_client: Connect, record: tuple[Any, Ins]
) -> None:
    told = zeep_client("habilitations", record[1]).service.listAuthorizationByPatient(mode="TOUTE")
    assert told.status == "DMPOk"
    assert told.listOfAuthorizationByPatient[0].nationalId == world.PHYSICIAN_READER.ps_idnat


def test_zeep_lists_the_records_of_a_physician(
    zeep_client: Connect, record: tuple[Any, Ins]
) -> None:
    told = zeep_client("patientsSpecific", None).service.patientList()
    assert told.status == "DMPOk"
    assert told.patientlistData[0].patientIdentifier[0].nationalId == record[1].matricule


def test_zeep_asks_whether_a_record_exists(zeep_client: Connect, record: tuple[Any, Ins]) -> None:
    query = td02.write_query(PatientQuery(frame(), QUERY_ID, record[1]))
    found = td02.read_answer(ask(zeep_client("patients", record[1]), query))
    assert (found.status, found.authorisation) == ("active", "VALIDE")


def test_zeep_reads_administrative_data(zeep_client: Connect, record: tuple[Any, Ins]) -> None:
    query = td13a.write_query(PatientQuery(frame(), QUERY_ID, record[1]))
    found = td13a.read_answer(ask(zeep_client("patients", record[1]), query))
    assert found.person is not None
    assert found.person.traits.birth_name == "PAT-TROIS"


def test_zeep_finds_a_patient_by_traits(zeep_client: Connect, record: tuple[Any, Ins]) -> None:
    query = td05.write_query(td05.TraitsQuery(frame(), QUERY_ID, "PAT-TROIS"))
    client = zeep_client("patientsPDQ", None, purpose=Purpose.CENTRE_15)
    assert td05.read_answer(ask(client, query)).told[0].ins == record[1]


def test_zeep_searches_documents(zeep_client: Connect, record: tuple[Any, Ins]) -> None:
    query = iti18.write(FindDocuments(record[1].cx, (Status.APPROVED,)))
    found = iti18.read_response(ask(zeep_client("registry", record[1]), query))
    assert (found.status, found.errors) == ("Success", ())


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.path)
def test_what_a_wsdl_describes_is_answered(service: Any) -> None:
    view: Any = resolve(f"{BASE}/{service.path}").func
    answered = {action for one in view.operations for action in (one.action, *one.also)}
    assert {one.action for one in service.operations} <= answered
