"""One store, two faces: what SOAP publishes FHIR finds, what FHIR publishes SOAP finds.

Same ids, same bytes, same hash; and for every caller, whatever the documents, the same ones.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.models import Document, Record
from carnet.national.record.queries.search import search_documents, search_lists
from carnet.national.record.rules import Consent
from carnet.standards import xml
from carnet.standards.fhir.search import Criterion, Search, Token
from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.xds.ebrim import read_entry
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti18 import FindDocuments, GetDocuments, QueryName, StoredQuery, untyped
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import Code, DocumentEntry, Status
from tests.national import world
from tests.national.doors.fhir import bundles
from tests.national.doors.fhir.conftest import Call, identifier

pytestmark = pytest.mark.django_db

REPOSITORY = "1.2.250.1.999.1.1.1"


def entries(actor: Any, ins: Ins) -> dict[str, DocumentEntry]:
    """What ITI-18 finds, by uniqueId."""
    query = untyped(FindDocuments(ins.cx, tuple(Status)))
    found = queries.find(actor, query, patient=ins, now=datetime.now(UTC))
    read = [read_entry(xml.parse(each.text)) for each in found]
    return {each.unique_id: each for each in read}


def test_what_soap_publishes_fhir_finds_and_reads(
    call: Call, ins: Ins, reader: dict[str, Any]
) -> None:
    request = world.request(ins)
    published = record.publish(world.HOSPITAL_SYSTEM, request, patient=ins, now=world.NOW)
    (said,) = request.submission.documents
    path = f"/DocumentReference?patient.identifier={identifier(ins)}&status=current"
    (found,) = call("GET", path, **reader).found
    assert found["id"] == published.entry_uuids[said.unique_id]
    assert found["masterIdentifier"]["value"] == f"urn:oid:{said.unique_id}"
    read = call("GET", found["content"][0]["attachment"]["url"], **reader)
    assert read.data == request.documents[said.id]


@pytest.mark.parametrize("simplified", [False, True])
def test_what_fhir_publishes_soap_finds_and_reads(
    call: Call, ins: Ins, patient_id: UUID, simplified: bool
) -> None:
    world.authorise(patient_id)
    request = world.request(ins)
    (sent,) = request.submission.documents
    if simplified:
        id_ = call("POST", "/DocumentReference", bundles.document(request)).json["id"]
    else:
        reply = call("POST", "", bundles.bundle(request)).json["entry"][1]["response"]
        id_ = reply["location"].removeprefix("DocumentReference/")
    found = entries(world.PHYSICIAN_READER, ins)[sent.unique_id]
    assert found.id == f"urn:uuid:{id_}"
    (got,), errors = record.retrieve(
        world.PHYSICIAN_READER,
        [DocumentRef(REPOSITORY, sent.unique_id)],
        patient=ins,
        now=datetime.now(UTC),
    )
    assert not errors
    assert got.data == request.documents[sent.id]
    registered = ("id", "logical_id", "version", "status", "hash", "size", "repository_unique_id")
    blank = {name: getattr(sent, name) for name in registered}
    assert replace(found, **blank) == replace(sent, home_community_id="")


def test_a_lot_published_by_both_faces_holds_the_same_metadata(
    call: Call, ins: Ins, patient_id: UUID
) -> None:
    world.authorise(patient_id)
    request = world.request(ins)
    record.publish(world.HOSPITAL_SYSTEM, request, patient=ins, now=world.NOW)
    lot = request.submission.submission_set
    assert lot is not None
    # A replay is told by all that a lot says: the Bundle says the same as the ebRIM.
    before = world.stored()
    reply = call("POST", "", bundles.bundle(request))
    assert reply.status == 200, reply.json
    assert world.stored() == before


def test_the_hash_of_fhir_is_the_hash_of_soap(call: Call, ins: Ins, reader: dict[str, Any]) -> None:
    call("POST", "", bundles.perfect(ins))
    path = f"/DocumentReference?patient.identifier={identifier(ins)}&status=current"
    (found,) = call("GET", path, **reader).found
    attachment = found["content"][0]["attachment"]
    (entry,) = entries(world.PHYSICIAN_READER, ins).values()
    assert base64.b64decode(attachment["hash"]).hex() == entry.hash
    assert attachment["size"] == entry.size


# For every caller, whatever the documents

NURSE = Code("60", "1.2.250.1.71.1.2.7", "Infirmier")
SECRETARY = Code("1", "1.2.250.1.213.1.6.1.107", "Secrétariat médical")
READER = world.PHYSICIAN_READER
ACTORS: dict[str, Professional | Establishment] = {
    "physician": READER,
    "physician in an emergency": replace(READER, purpose="bris_de_glace"),
    "regulator": replace(READER, purpose="centre_15"),
    "nurse": replace(READER, profession=NURSE, specialty=None),
    "secretary": replace(READER, profession=SECRETARY, specialty=None),
    "physician by their structure": replace(READER, mode="INDIRECTE_RENFORCEE"),
    "secretary by their structure": replace(
        READER, profession=SECRETARY, specialty=None, mode="INDIRECTE_RENFORCEE"
    ),
    "author": replace(READER, ps_idnat="899900063480"),
    "hospital": world.HOSPITAL_SYSTEM,
    "another hospital": replace(world.HOSPITAL_SYSTEM, struct_idnat="1690000001", holder=""),
    "a secret connection": replace(READER, secret_connection=True),
}
FLAGS = ("masked", "invisible_patient", "invisible_representatives")
DOCUMENT = st.fixed_dictionaries(
    {"status": st.sampled_from(list(Status)), **{flag: st.booleans() for flag in FLAGS}}
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    actor=st.sampled_from(list(ACTORS)),
    documents=st.lists(DOCUMENT, min_size=1, max_size=4),
    authorised=st.booleans(),
    medecin_traitant=st.booleans(),
    choices=st.fixed_dictionaries(
        {
            "opposes_bris_de_glace": st.booleans(),
            "opposes_centre_15": st.booleans(),
            "masked_in_emergency": st.booleans(),
            "status": st.sampled_from(["active", "active", "terminated"]),
            "team_consent": st.sampled_from(Consent),
        }
    ),
    in_care=st.booleans(),
)
def test_soap_and_fhir_show_the_same_documents_to_the_same_caller(
    person: tuple[UUID, Ins],
    *,
    actor: str,
    documents: list[dict[str, Any]],
    authorised: bool,
    medecin_traitant: bool,
    choices: dict[str, Any],
    in_care: bool,
) -> None:
    patient_id, ins = world.make_patient()
    caller = ACTORS[actor]
    request = world.request(ins, *(world.letter(ins) for _ in documents))
    published = record.publish(world.HOSPITAL_SYSTEM, request, patient=ins, now=world.NOW)
    names = [each.unique_id for each in request.submission.documents]
    for name, facts in zip(names, documents, strict=True):
        Document.objects.filter(patient_id=patient_id, unique_id=name).update(
            **{**facts, "status": facts["status"].name}
        )
    if authorised and isinstance(caller, Professional):
        world.authorise(patient_id, caller)
    if in_care:
        record.open_episode(world.HOSPITAL_SYSTEM, patient_id, now=world.NOW)
    if medecin_traitant and isinstance(caller, Professional):
        choices = {**choices, "medecin_traitant": caller.ps_idnat}
    Record.objects.filter(patient_id=patient_id).update(**choices)
    every = Criterion(
        "status", "", tuple(Token(None, x) for x in ("current", "superseded", "entered-in-error"))
    )
    assert by_fhir(caller, ins, every) == by_soap(
        caller, ins, untyped(FindDocuments(ins.cx, tuple(Status)))
    )
    ids = tuple(UUID(each) for each in published.entry_uuids.values())
    looked_up = GetDocuments(entry_uuids=tuple(str(EntryUuid.of(each)) for each in ids))
    assert by_fhir(caller, ins, Criterion("id", "", ids)) == by_soap(
        caller, ins, untyped(looked_up)
    )
    assert lots_by_fhir(caller, ins) == by_soap(
        caller,
        ins,
        StoredQuery(
            QueryName.FIND_SUBMISSION_SETS,
            {
                "$XDSSubmissionSetPatientId": ((ins.cx,),),
                "$XDSSubmissionSetStatus": ((Status.APPROVED,),),
            },
        ),
    )


def by_soap(actor: Any, ins: Ins, query: StoredQuery) -> set[UUID] | str:
    try:
        found = queries.find(actor, query, patient=ins, now=world.NOW)
    except XdsRefused as refusal:
        return refusal.errors[0].code
    return {each.id for each in found}


def by_fhir(actor: Any, ins: Ins, *criteria: Criterion) -> set[UUID] | str:
    try:
        page = search_documents(actor, Search(criteria), patient=ins, now=world.NOW)
    except XdsRefused as refusal:
        return refusal.errors[0].code
    assert page.total == len(page.documents)
    return {each.id for each in page.documents}


def lots_by_fhir(actor: Any, ins: Ins) -> set[UUID] | str:
    asked = Search((Criterion("code", "", (Token(None, "submissionset"),)),), sort="date")
    try:
        page = search_lists(actor, asked, patient=ins, now=world.NOW)
    except XdsRefused as refusal:
        return refusal.errors[0].code
    return {each.id for each in page.lists}
