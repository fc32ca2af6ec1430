"""The stored queries of ITI-18 on the record: what SQL finds is what they mean."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from carnet.national.journal.actors import Actor
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.rules import Act, Authorisation, RecordFacts
from carnet.standards import xml
from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.xds.ebrim import RIM, read_objects
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti18 import (
    ACTION,
    QUERIES,
    Definition,
    QueryName,
    StoredQuery,
    select,
)
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    RegistryObjects,
    Status,
)
from tests.national import world
from tests.national.record import registry
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER

pytestmark = pytest.mark.django_db

INS = world.new_ins()
FACTS = RecordFacts(authorisation=Authorisation.VALID)


def objects(found: list[queries.Fragment]) -> RegistryObjects:
    head, end = f'<rim:RegistryObjectList xmlns:rim="{RIM}">', "</rim:RegistryObjectList>"
    texts = (each.text for each in found)
    return read_objects(xml.parse(b"".join((head.encode(), *texts, end.encode()))))


ASKED = tuple(definition for definition in QUERIES if definition.action == ACTION)


def test_every_query_about_one_patient_is_asked() -> None:
    """Those that the property below asks."""
    assert {definition.name for definition in ASKED} == {
        QueryName.FIND_DOCUMENTS,
        QueryName.FIND_DOCUMENTS_BY_REFERENCE_ID,
        QueryName.FIND_SUBMISSION_SETS,
        QueryName.FIND_FOLDERS,
        QueryName.GET_ALL,
        QueryName.GET_DOCUMENTS,
        QueryName.GET_FOLDERS,
        QueryName.GET_ASSOCIATIONS,
        QueryName.GET_DOCUMENTS_AND_ASSOCIATIONS,
        QueryName.GET_SUBMISSION_SETS,
        QueryName.GET_SUBMISSION_SET_AND_CONTENTS,
        QueryName.GET_FOLDER_AND_CONTENTS,
        QueryName.GET_FOLDERS_FOR_DOCUMENT,
        QueryName.GET_RELATED_DOCUMENTS,
    }


@pytest.fixture
def patient_id(monkeypatch: pytest.MonkeyPatch) -> UUID:
    monkeypatch.setattr(world, "new_ins", lambda: INS)
    patient_id, _ins = world.make_patient()
    world.authorise(patient_id)
    return patient_id


@how(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**64))
def test_sql_finds_what_the_query_means_among_what_the_reader_may_know(
    patient_id: UUID, seed: int
) -> None:
    chance = Random(seed)
    everything = registry.registry(chance, INS.cx)
    registry.put(patient_id, everything)
    for definition in ASKED * 3:
        query = registry.query(chance, definition, INS.cx)
        looks_up = definition.name is QueryName.GET_DOCUMENTS
        # A citizen does not look up references.
        actor: Actor = PHYSICIAN_READER
        if not looks_up and chance.random() < 0.3:
            actor = world.holder(patient_id)
        acts = (Act.SEARCH, Act.LOOK_UP) if looks_up else (Act.SEARCH,)
        seen = registry.known(everything, actor, patient_id, FACTS, acts)
        found = queries.find(actor, query, patient=INS, now=NOW)
        expected = select(query, seen)
        assert sorted(EntryUuid.of(each.id) for each in found) == sorted(e.id for e in expected)
        if query.return_type == "LeafClass":
            assert set(objects(found)) == set(expected)
        else:
            assert not any(each.text for each in found)


def publish(ins: Ins, *confidentialities: str) -> RegistryObjects:
    """One lot of a document for each of these; gives what the registry then holds of it."""
    request = world.request(ins, *(world.letter(ins) for _each in confidentialities))
    entries = tuple(
        replace(entry, confidentiality=(*entry.confidentiality, *world.visibility(*codes.split())))
        for entry, codes in zip(request.submission.documents, confidentialities, strict=True)
    )
    request = replace(request, submission=replace(request.submission, documents=entries))
    record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=NOW)
    author = replace(PHYSICIAN_READER, ps_idnat="899900063480")
    return objects(queries.find(author, get_all(ins), patient=ins, now=NOW))


def get_all(ins: Ins) -> StoredQuery:
    every = (tuple(Status),)
    names = ("DocumentEntry", "SubmissionSet", "Folder")
    statuses = {f"$XDS{name}Status": every for name in names}
    return StoredQuery(QueryName.GET_ALL, {"$patientId": ((ins.cx,),), **statuses})


@pytest.fixture
def readable() -> Ins:
    """A person whose record two professionals may read: a reader, and the author of letters."""
    patient_id, ins = world.make_patient()
    for reader in (PHYSICIAN_READER, replace(PHYSICIAN_READER, ps_idnat="899900063480")):
        world.authorise(patient_id, reader)
    return ins


def ask(ins: Ins, name: QueryName, actor: Actor = PHYSICIAN_READER, **values: Any) -> set[str]:
    query = StoredQuery(
        name,
        {
            f"${key}" if key == "uuid" else f"$XDS{key}": (tuple(value),)
            for key, value in values.items()
        },
        "ObjectRef",
    )
    return {EntryUuid.of(each.id) for each in queries.find(actor, query, patient=ins, now=NOW)}


def test_a_hidden_document_takes_its_links_with_it_and_leaves_the_lot(readable: Ins) -> None:
    held = publish(readable, "", "MASQUE_PS")
    shown, hidden = sorted(held.documents, key=lambda entry: len(entry.confidentiality))
    (lot,) = held.submission_sets
    to_shown, to_hidden = sorted(held.associations, key=lambda link: link.target == hidden.id)
    everything = {shown.id, lot.id, to_shown.id}
    assert {
        e.id
        for e in objects(
            queries.find(PHYSICIAN_READER, get_all(readable), patient=readable, now=NOW)
        )
    } == everything
    contents = ask(
        readable, QueryName.GET_SUBMISSION_SET_AND_CONTENTS, SubmissionSetEntryUUID=[lot.id]
    )
    assert contents == everything
    assert ask(readable, QueryName.GET_ASSOCIATIONS, uuid=[lot.id, hidden.id]) == {to_shown.id}
    assert ask(readable, QueryName.GET_SUBMISSION_SETS, uuid=[hidden.id]) == set()
    assert to_hidden.id not in everything


def test_a_lot_of_hidden_documents_is_not_there(readable: Ins) -> None:
    (lot,) = publish(readable, "MASQUE_PS").submission_sets
    values = {"SubmissionSetPatientId": [readable.cx], "SubmissionSetStatus": [Status.APPROVED]}
    assert ask(readable, QueryName.FIND_SUBMISSION_SETS, **values) == set()
    assert (
        ask(
            readable,
            QueryName.GET_SUBMISSION_SET_AND_CONTENTS,
            SubmissionSetUniqueId=[lot.unique_id],
        )
        == set()
    )


def test_a_document_left_out_by_a_filter_takes_the_links_that_touch_it(patient_id: UUID) -> None:
    cx = INS.cx
    chance = Random(1)
    first, second = (
        replace(
            registry.document(chance, place, cx),
            status=Status.APPROVED,
            confidentiality=(),
            type_code=registry.LETTER,
            format_code=registry.CODES[place - 1],
        )
        for place in (1, 2)
    )
    lot = registry.lot(chance, 11, cx)
    relation = Association(AssociationType.APND, first.id, second.id, registry.urn(31))
    members = tuple(
        Association(AssociationType.HAS_MEMBER, lot.id, each.id, registry.urn(place))
        for place, each in enumerate((first, second, relation), start=32)
    )
    links = tuple(replace(each, status=Status.APPROVED) for each in (relation, *members))
    registry.put(patient_id, RegistryObjects((first, second), (lot,), (), links))
    found = {
        code.code: ask(
            INS,
            QueryName.GET_SUBMISSION_SET_AND_CONTENTS,
            SubmissionSetEntryUUID=[lot.id],
            DocumentEntryFormatCode=[code],
        )
        for code in registry.CODES[:2]
    }
    assert found == {
        "a": {lot.id, first.id, members[0].id},
        "b": {lot.id, second.id, members[1].id},
    }


def test_too_many_whole_objects_are_refused_and_their_references_are_not(
    readable: Ins, settings: Any
) -> None:
    publish(readable, "", "")
    settings.CARNET_MAX_QUERY_RESULTS = 4
    query = get_all(readable)
    with pytest.raises(XdsRefused) as refused:
        queries.find(PHYSICIAN_READER, query, patient=readable, now=NOW)
    assert refused.value.errors[0].code == "XDSTooManyResults"
    references = replace(query, return_type="ObjectRef")
    assert len(queries.find(PHYSICIAN_READER, references, patient=readable, now=NOW)) == 5


@pytest.mark.parametrize("definition", QUERIES, ids=lambda definition: definition.name)
def test_a_system_looks_up_its_documents_and_asks_nothing_else(definition: Definition) -> None:
    _patient_id, ins = world.make_patient()
    query = registry.query(Random(1), definition, ins.cx)
    if definition.name is QueryName.GET_DOCUMENTS:
        assert queries.find(HOSPITAL_SYSTEM, query, patient=ins, now=NOW) == []
        return
    with pytest.raises(XdsRefused) as refused:
        queries.find(HOSPITAL_SYSTEM, query, patient=ins, now=NOW)
    assert refused.value.errors[0].code == "DMPAccessDeniedByRightsService"


def test_queries_over_several_patients_are_not_served(readable: Ins) -> None:
    for definition in QUERIES:
        if definition.action != ACTION:
            query = registry.query(Random(1), definition, readable.cx)
            with pytest.raises(XdsRefused) as refused:
                queries.find(PHYSICIAN_READER, query, patient=readable, now=NOW)
            assert refused.value.errors[0].code == "XDSUnknownStoredQuery"


def test_a_time_that_does_not_exist_is_refused(readable: Ins) -> None:
    values = {
        "SubmissionSetPatientId": [readable.cx],
        "SubmissionSetStatus": [Status.APPROVED],
        "SubmissionSetSubmissionTimeFrom": ["20261399"],
    }
    with pytest.raises(XdsRefused) as refused:
        ask(readable, QueryName.FIND_SUBMISSION_SETS, **values)
    assert refused.value.errors[0].code == "XDSRegistryError"


def test_the_links_of_another_patient_do_not_exist(readable: Ins) -> None:
    patient_id, other = world.make_patient()
    world.authorise(patient_id)
    held = publish(readable, "")
    ids = [each.id for each in held]
    for name in (QueryName.GET_ASSOCIATIONS, QueryName.GET_SUBMISSION_SETS):
        assert ask(readable, name, uuid=ids)
        assert ask(other, name, uuid=ids) == set()
