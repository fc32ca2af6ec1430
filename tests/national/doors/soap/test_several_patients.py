"""ITI-51: queries over several patients, which members of an affinity domain may ask."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from carnet.national.record.queries import across
from carnet.standards import xml
from carnet.standards.xds import iti18, iti41
from carnet.standards.xds.iti18 import QueryName, StoredQuery
from carnet.standards.xds.iti18.queries import Groups
from carnet.standards.xds.metadata import Association, Code, Status
from tests.national import world
from tests.national.doors.soap.callers import Call, as_reader
from tests.national.doors.soap.domain import (
    MEMBER,
    OTHER,
    PATIENT,
    TEXT,
    Send,
    codes_of,
    entry,
    folder,
    provide,
    submission,
    urn,
)

pytestmark = pytest.mark.django_db

DOCUMENTS = QueryName.FIND_DOCUMENTS_FOR_MULTIPLE_PATIENTS
FOLDERS = QueryName.FIND_FOLDERS_FOR_MULTIPLE_PATIENTS
APPROVED = {"$XDSDocumentEntryStatus": ((Status.APPROVED,),)}
BOTH = {"$XDSDocumentEntryPatientId": ((PATIENT, OTHER),)}
OF_CLASS = {"$XDSDocumentEntryClassCode": ((TEXT,),)}


def asked(send: Send, name: QueryName, values: dict[str, Groups], **kind: Any) -> Any:
    query = StoredQuery(name, values, **kind)
    return send("registry", iti18.MULTI_PATIENT_ACTION, iti18.write(query))[0]


def find(send: Send, name: QueryName, values: dict[str, Groups], **kind: Any) -> Any:
    answer = iti18.read_response(asked(send, name, values, **kind))
    assert answer.status == "Success", answer.errors
    return answer


@pytest.fixture
def documents(send: Send) -> tuple[str, str]:
    """One document of each patient."""
    made = []
    for patient in (PATIENT, OTHER):
        one = entry(patient_id=patient)
        assert provide(send, submission(one, patient=patient)) == []
        made.append(one.id)
    return made[0], made[1]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (BOTH, {0, 1}),
        ({"$XDSDocumentEntryPatientId": ((OTHER, OTHER),)}, {1}),
        (OF_CLASS, {0, 1}),
        ({**BOTH, "$XDSDocumentEntryClassCode": ((Code("NONE", "1.2.3"),),)}, set()),
    ],
    ids=["named", "one, twice", "all", "narrowed to nothing"],
)
def test_the_documents_of_several_patients_are_found(
    send: Send, documents: tuple[str, str], values: dict[str, Groups], expected: set[int]
) -> None:
    answer = find(send, DOCUMENTS, {**APPROVED, **values})
    assert sorted(each.id for each in answer.documents) == sorted(documents[i] for i in expected)
    references = find(send, DOCUMENTS, {**APPROVED, **values}, return_type="ObjectRef")
    assert sorted(references.object_refs) == sorted(documents[i] for i in expected)


def test_the_folders_of_several_patients_are_found(send: Send) -> None:
    made = {}
    for patient in (PATIENT, OTHER):
        box, one = folder(patient_id=patient), entry(patient_id=patient)
        inside = Association(MEMBER, box.id, one.id, urn())
        assert provide(send, submission(one, box, links=(inside,), patient=patient)) == []
        made[patient] = box.id
    status = {"$XDSFolderStatus": ((Status.APPROVED,),)}
    by_code = find(send, FOLDERS, {**status, "$XDSFolderCodeList": ((TEXT,),)})
    assert {each.id for each in by_code.folders} == set(made.values())
    by_patient = find(send, FOLDERS, {**status, "$XDSFolderPatientId": ((OTHER,),)})
    assert [each.id for each in by_patient.folders] == [made[OTHER]]


def test_a_query_that_nothing_narrows_is_refused(send: Send) -> None:
    for name, values in (
        (DOCUMENTS, APPROVED),
        (FOLDERS, {"$XDSFolderStatus": ((Status.APPROVED,),)}),
    ):
        assert codes_of(asked(send, name, values)) == ["XDSStoredQueryMissingParam"]


def test_an_unknown_patient_refuses_the_query_before_any_record_is_opened(
    send: Send, documents: tuple[str, str]
) -> None:
    lines = world.rows("journal_trace")
    values = {"$XDSDocumentEntryPatientId": ((PATIENT, "P-9^^^&1.2.4&ISO"),)}
    assert codes_of(asked(send, DOCUMENTS, {**APPROVED, **values})) == ["XDSUnknownPatientId"]
    assert world.rows("journal_trace") == lines + 1


def test_each_journal_tells_the_query(send: Send, documents: tuple[str, str]) -> None:
    lines = world.rows("journal_trace")
    find(send, DOCUMENTS, {**APPROVED, **BOTH})
    assert world.rows("journal_trace") == lines + 2


def test_too_many_patients_or_objects_are_refused(
    send: Send,
    documents: tuple[str, str],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.CARNET_MAX_QUERY_RESULTS = 1
    assert codes_of(asked(send, DOCUMENTS, {**APPROVED, **BOTH})) == ["XDSTooManyResults"]
    references = find(send, DOCUMENTS, {**APPROVED, **BOTH}, return_type="ObjectRef")
    assert len(references.object_refs) == 2
    monkeypatch.setattr(across, "MOST_PATIENTS", 1)
    for values in (BOTH, OF_CLASS):
        refused = asked(send, DOCUMENTS, {**APPROVED, **values}, return_type="ObjectRef")
        assert codes_of(refused) == ["XDSTooManyResults"]


def test_a_member_finds_no_document_of_the_dmp(send: Send, call: Call, hospital: None) -> None:
    _patient, ins = world.make_patient()
    french = world.request(ins)
    call("repository", iti41.ACTION, *iti41.write(french), patient=ins)
    (kept,) = french.submission.documents
    of_class = {"$XDSDocumentEntryClassCode": ((kept.class_code,),)}
    assert find(send, DOCUMENTS, {**APPROVED, **of_class}).documents == ()
    named = {"$XDSDocumentEntryPatientId": ((ins.cx,),)}
    assert codes_of(asked(send, DOCUMENTS, {**APPROVED, **named})) == ["XDSUnknownPatientId"]


def test_the_dmp_does_not_answer_a_query_over_several_patients(
    call: Call, trusting: Any, hospital: None
) -> None:
    _patient, ins = world.make_patient()
    payload = iti18.write(StoredQuery(DOCUMENTS, {**APPROVED, **OF_CLASS}))
    told = as_reader(trusting, ins)
    fault = call("registry", iti18.MULTI_PATIENT_ACTION, payload, **told).fault
    assert fault == ("Sender", "wsa:ActionNotSupported")
    answer = call("registry", iti18.ACTION, payload, **told).envelope.payload
    assert codes_of(answer) == ["XDSUnknownStoredQuery"]


def test_the_transaction_is_described(send: Send, client: Client) -> None:
    described = xml.parse(client.get("/ihe/registry?wsdl").content)
    actions = described.xpath("//@*[local-name() = 'Action']")
    assert iti18.MULTI_PATIENT_ACTION in actions
    assert iti18.MULTI_PATIENT_RESPONSE_ACTION in actions
