"""Whatever comes to a service, an answer of SOAP goes out: no 500, nothing half stored."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.test import Client

from carnet.national.record.models import Document
from carnet.ops.pki import Issued
from carnet.standards import habilitations
from carnet.standards.gdp import patient_query, registration, td02, td05, td13a
from carnet.standards.gdp.patient_query import PatientQuery
from carnet.standards.gdp.td05 import TraitsQuery
from carnet.standards.habilitations import (
    OPERATIONS,
    AuthorizationAction,
    AuthorizationMode,
    ListAuthorizations,
    ListPatients,
    SetAuthorization,
)
from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import Addressing
from carnet.standards.xds import iti18, iti41, iti43, iti57
from carnet.standards.xds.iti18 import FindDocuments
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.iti57 import StatusUpdate, UpdateRequest
from carnet.standards.xds.metadata import Status
from tests.fuzz.driving import spoilt
from tests.fuzz.mutations import any_of, spoil_bytes, spoil_xml
from tests.national import certificates, world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import BASE, header, reader
from tests.national.doors.soap.test_gdp import QUERY_ID, frame
from tests.standards.gdp.test_registration import CHANGE, CLOSE, CREATE, REOPEN

pytestmark = pytest.mark.django_db
ACTIONS = {one.name: one.actions[0] for one in OPERATIONS}
#: The only faults that are not the sender's and yet are not ours (SOAP 1.2 part 1, 5.4.6).
NOT_UNDERSTOOD = re.compile(rb"soap:(MustUnderstand|VersionMismatch)</soap:Value>")
#: One kind of message: its service, its action, its payload, its documents.
Message = tuple[str, str, bytes, Mapping[str, bytes]]


def publication(ins: Ins) -> Message:
    return ("repository", iti41.ACTION, *iti41.write(world.request(ins, world.letter(ins))))


def change(ins: Ins) -> Message:
    lot = world.request(ins).submission.submission_set
    assert lot is not None
    held = Document.objects.latest("received_at")
    update = StatusUpdate(EntryUuid.of(held.id), Status.APPROVED, Status.ARCHIVED)
    return "registry", iti57.ACTION, iti57.write_update(UpdateRequest(lot, (update,))), {}


def of(service: str, action: str, write: Callable[[Ins], bytes]) -> Callable[[Ins], Message]:
    return lambda ins: (service, action, write(ins), {})


MESSAGES: Mapping[str, Callable[[Ins], Message]] = {
    "iti41": publication,
    "iti57": change,
    "iti18": of(
        "registry",
        iti18.ACTION,
        lambda ins: iti18.write(FindDocuments(ins.cx, (Status.APPROVED,), author_persons=("%",))),
    ),
    "iti43": of(
        "repository", iti43.ACTION, lambda _ins: iti43.write([DocumentRef("1.2.250.1", "1.2.3")])
    ),
    "td02": of(
        "patients", td02.ACTION, lambda ins: td02.write_query(PatientQuery(frame(), QUERY_ID, ins))
    ),
    "td05": of(
        "patientsPDQ",
        td05.ACTION,
        lambda _ins: td05.write_query(TraitsQuery(frame(), QUERY_ID, family="PAT", given="D")),
    ),
    "td13a": of(
        "patients",
        patient_query.ACTION,
        lambda ins: td13a.write_query(PatientQuery(frame(), QUERY_ID, ins)),
    ),
    **{
        f"td1 {request.reason}": of(
            "patients",
            registration.action(request.interactions.request),
            lambda ins, request=request: registration.write(replace(request, ins=ins)),
        )
        for request in (CHANGE, CLOSE, CREATE, REOPEN)
    },
    "td03": of(
        "habilitations",
        ACTIONS["setAuthorization"],
        lambda _ins: habilitations.write_request(SetAuthorization(AuthorizationAction.AJOUT)),
    ),
    "td16": of(
        "habilitations",
        ACTIONS["listAuthorizationByPatient"],
        lambda _ins: habilitations.write_request(ListAuthorizations(AuthorizationMode.TOUTE)),
    ),
    "td04": of(
        "patientsSpecific",
        ACTIONS["patientList"],
        lambda _ins: habilitations.write_request(ListPatients("20260101000000")),
    ),
}


@dataclass
class Service:
    """A service as software meets it; the assertion is good, the rest is as given."""

    client: Client
    certificate: Issued
    assertion: bytes

    def wrapped(self, action: str, payload: bytes) -> bytes:
        return envelope.write(
            Addressing(action, "urn:uuid:6d1f2c9a-0000-4000-8000-000000000001"),
            payload,
            assertion=self.assertion,
        )

    def send(self, service: str, kind: str, body: bytes) -> tuple[int, bytes]:
        answer = self.client.generic(
            "POST", f"{BASE}/{service}", body, content_type=kind, headers=header(self.certificate)
        )
        assert answer.status_code < 500 or NOT_UNDERSTOOD.search(answer.content), answer.content
        return answer.status_code, answer.content


@pytest.fixture
def services(client: Client, trusting: Papers, person: tuple[Any, Ins]) -> Mapping[str, Service]:
    """Called by the hospital's system, or by a physician who may read."""
    patient_id, ins = person
    world.authorise(patient_id)
    system = certificates.signed(trusting, certificates.vihf(ins))
    physician = certificates.signed(trusting, reader(ins))
    return {
        "system": Service(client, trusting.client, system),
        "physician": Service(client, trusting.card_client, physician),
    }


def assert_whole(before: dict[str, int]) -> None:
    """Nothing was stored, or documents with all that goes with each."""
    added = {table: count - before[table] for table, count in world.stored().items()}
    documents, lots = added["record_document"], added["record_submissionset"]
    assert added["record_locator"] == documents + lots, added
    assert bool(documents) <= bool(lots), added
    assert added["record_association"] >= documents, added


@pytest.mark.parametrize("name", MESSAGES)
def test_a_spoilt_message_is_answered_and_stores_nothing_half(
    name: str, services: Mapping[str, Service], ins: Ins
) -> None:
    publish(services["system"], ins)
    called = services["system" if name in ("iti41", "iti57") else "physician"]
    service, action, payload, attachments = MESSAGES[name](ins)
    whole = called.wrapped(action, payload)
    assert called.send(service, *package(whole, attachments, action))[0] == 200
    chance = random.Random(name)
    for data in spoilt(name, [whole, payload, payload], any_of(spoil_bytes, spoil_xml, spoil_xml)):
        # A payload is put beside the good assertion: it gets past the first checks.
        root = data if b"Envelope" in data else called.wrapped(action, undeclared(data))
        kind, body = package(root, attachments, action)
        if attachments and chance.random() < 0.2:
            body = spoil_bytes(body, chance)
        before = world.stored()
        _status, answer = called.send(service, kind, body)
        assert b"Envelope" in answer, answer
        assert_whole(before)
        if b"ResponseStatusType:Success" not in answer:
            assert world.stored() == before


@pytest.mark.parametrize("name", ["iti41", "iti18"])
def test_any_content_type_is_answered(name: str, services: Mapping[str, Service], ins: Ins) -> None:
    called = services["system" if name == "iti41" else "physician"]
    service, action, payload, attachments = MESSAGES[name](ins)
    kind, body = package(called.wrapped(action, payload), attachments, action)
    for spoilt_kind in spoilt(f"{name}-type", [kind.encode()], spoil_bytes):
        # A server refuses control characters in a header before anything sees them.
        written = re.sub(r"[\x00-\x1f\x7f]", "", spoilt_kind.decode("latin-1"))
        _status, answer = called.send(service, written, body)
        assert b"Envelope" in answer, written


def test_a_spoilt_assertion_opens_nothing(
    services: Mapping[str, Service], person: tuple[Any, Ins]
) -> None:
    """What is changed in it is refused before anything is done; what is not, is as it was."""
    _patient_id, ins = person
    called = services["system"]
    other = world.make_patient()[1]
    good = called.assertion
    service, action, payload, attachments = publication(other)
    for assertion in spoilt("assertion", [good, good.replace(*about(ins, other))], spoil_xml):
        called.assertion = assertion
        before = world.stored()
        kind, body = package(called.wrapped(action, payload), attachments, action)
        called.send(service, kind, body)
        assert world.stored() == before, assertion


def undeclared(data: bytes) -> bytes:
    """Without what may only begin a document."""
    return re.sub(rb"^<[?!][^>]*>", b"", data)


def about(ins: Ins, other: Ins) -> tuple[bytes, bytes]:
    return ins.matricule.encode(), other.matricule.encode()


def publish(called: Service, ins: Ins) -> None:
    service, action, payload, attachments = publication(ins)
    kind, body = package(called.wrapped(action, payload), attachments, action)
    assert b"ResponseStatusType:Success" in called.send(service, kind, body)[1]


def package(root: bytes, attachments: Mapping[str, bytes], action: str) -> tuple[str, bytes]:
    return mtom.write(root, attachments, boundary="fuzz-5d1c0a", action=action)
