"""Nobody is told by a SOAP service of somebody they may not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings

from carnet.standards import habilitations
from carnet.standards.gdp import patient_query, td02, td05, td13a
from carnet.standards.gdp.patient_query import PatientQuery
from carnet.standards.gdp.td05 import TraitsQuery
from carnet.standards.habilitations import (
    OPERATIONS,
    AuthorizationMode,
    ListAuthorizations,
    ListPatients,
)
from carnet.standards.ids import EntryUuid
from carnet.standards.xds import iti18, iti43
from carnet.standards.xds.iti18 import QUERIES, Definition, StoredQuery
from carnet.standards.xds.iti18 import Kind as Asked
from carnet.standards.xds.iti18 import Parameter as StoredParameter
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import AssociationType, Code, Status
from tests.national.doors.soap.test_gdp import QUERY_ID, frame
from tests.national.leaks.askers import Software
from tests.national.leaks.cast import OIDS, UUIDS, Land, others
from tests.national.leaks.crowd import READER, VISITOR, Person

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("leaks")]


def values(parameter: StoredParameter, whom: Person, ids: list[str], cx: str) -> Any:
    match parameter.kind:
        case Asked.PATIENT:
            return ((cx,),)
        case Asked.STATUS:
            return (tuple(Status),)
        case Asked.ASSOCIATION:
            return (tuple(AssociationType),)
        case Asked.CODE:
            return ((Code("suivi", "1.2.250.1.999.9"),),)
        case Asked.PATTERN:
            return ((f"%{whom.word()}%",),)
        case Asked.TEXT if parameter.attribute == "reference_ids":
            return ((f"{whom.word()}^^^&1.2.250.1.999.3&ISO^urn:ihe:iti:xds:2013:order",),)
        case Asked.TEXT if parameter.attribute in ("id", "logical_id") or not parameter.attribute:
            held = tuple(EntryUuid.of(UUID(each)) for each in ids if "-" in each)
        case Asked.TEXT if parameter.attribute == "unique_id":
            held = tuple(each for each in ids if "-" not in each)
        case _:
            return None
    return (held,) if parameter.many else ((held[0],),)


def stored_queries(definition: Definition, whom: Person, ids: list[str]) -> Iterator[StoredQuery]:
    """This query about somebody, in every form: by each id that it takes, with each filter."""
    needed = [each for each in definition.parameters if each.required]
    optional = [each for each in definition.parameters if not each.required]
    alone = [each for each in optional if each.name in definition.exactly_one]
    filters = [each for each in optional if each.kind is Asked.PATTERN]
    for chosen, extra in product(alone or [None], [None, *filters]):
        asked = [each for each in (*needed, chosen, extra) if each is not None]
        held = {each.name: values(each, whom, ids, whom.ins.cx) for each in asked}
        yield StoredQuery(definition.name, held, "LeafClass")
    yield StoredQuery(definition.name, held, "ObjectRef")


@pytest.mark.parametrize("definition", QUERIES, ids=lambda each: str(each.name))
def test_no_stored_query_tells_of_another(
    land: Land, software: Software, definition: Definition
) -> None:
    own = land.judge.register.of(software.about, like=f"{UUIDS}|{OIDS}")
    for whom in (software.about, *others(land, software)):
        theirs = land.judge.register.of(whom, like=f"{UUIDS}|{OIDS}")
        for query in stored_queries(definition, whom, [*theirs, *own]):
            payload = iti18.write(query)
            # Also the patient of the VIHF with the ids and words of somebody else.
            swapped = payload.replace(whom.ins.cx.encode(), software.about.ins.cx.encode())
            for asked in {payload, swapped}:
                answer = software.soap("registry", iti18.ACTION, asked)
                land.judge.look(software, str(definition.name), asked.decode(), answer)


def test_no_document_of_another_is_retrieved(land: Land, software: Software) -> None:
    own = land.judge.register.of(software.about, like=OIDS)
    for whom in others(land, software):
        theirs = land.judge.register.of(whom, like=f"{OIDS}|{UUIDS}")[-40:]
        for names in (theirs, [*theirs[:20], *own]):
            refs = [DocumentRef(django_settings.CARNET_REPOSITORY_OID, each) for each in names]
            answer = software.soap("repository", iti43.ACTION, iti43.write(refs))
            # A name that one has said oneself may come back; the document, never.
            assert land.judge.look(software, "ITI-43", names, answer)
            assert whom.word().encode() not in answer.content.lower()


def test_what_is_anothers_is_answered_as_what_does_not_exist(
    land: Land, software: Software
) -> None:
    """Not a byte tells that somebody has it."""
    whom = others(land, software)[-1]
    for own in land.judge.register.of(whom, like=OIDS)[:4]:
        nobody = re.sub(r"[0-9]", "7", own)
        answers = []
        for name in (own, nobody):
            ref = DocumentRef(django_settings.CARNET_REPOSITORY_OID, name)
            soap = software.soap("repository", iti43.ACTION, iti43.write([ref])).content
            fhir = software.fhir("GET", f"/Binary/{name}").content
            text = (soap + fhir).decode().replace(name, "NAME")
            answers.append(re.sub(r"urn:uuid:[0-9a-f-]{36}|carnet-[0-9a-f-]{36}", "", text))
        assert answers[0] == answers[1]
    for theirs in land.judge.register.of(whom, like=UUIDS)[:12]:
        for kind in ("DocumentReference", "List", "AuditEvent"):
            said = [
                software.fhir("GET", f"/{kind}/{each}").content.decode().replace(each, "ID")
                for each in (theirs, str(uuid4()))
            ]
            assert said[0] == said[1]


def test_no_service_about_people_tells_of_another(land: Land, software: Software) -> None:
    for whom in (software.about, *others(land, software)):
        query = PatientQuery(frame(), QUERY_ID, whom.ins)
        traits = TraitsQuery(frame(), QUERY_ID, family=whom.word()[:-1], given=whom.stem)
        actions = {operation.name: operation.actions[0] for operation in OPERATIONS}
        asked = [
            ("patients", td02.ACTION, td02.write_query(query)),
            ("patients", patient_query.ACTION, td13a.write_query(query)),
            ("patientsPDQ", td05.ACTION, td05.write_query(traits)),
            (
                "habilitations",
                actions["listAuthorizationByPatient"],
                habilitations.write_request(ListAuthorizations(AuthorizationMode.TOUTE)),
            ),
        ]
        # Who the patient of the VIHF is may be told to who asks about them.
        known = replace(software, readable=[*software.readable, software.about])
        for service, action, payload in asked:
            answer = software.soap(service, action, payload)
            land.judge.look(known, service, payload.decode(), answer)
    for owner in ("", READER.ps_idnat, VISITOR.ps_idnat):
        payload = habilitations.write_request(ListPatients(ps_owner_id=owner))
        answer = software.soap("patientsSpecific", actions["patientList"], payload)
        mine = [land.crowd[n] for n in ((*range(20),) if "hospital" in software.name else ())]
        if software.vihf.name_id == READER.ps_idnat:
            mine = [land.crowd[number] for number in range(20)]
        if software.vihf.name_id == VISITOR.ps_idnat:
            mine = [land.crowd[number] for number in (0, 1, 30)]
        known = replace(software, readable=[*software.readable, *mine])
        land.judge.look(known, "patientsSpecific", owner, answer)
