"""Searching and retrieving: by the same rules, each time written down (R-150)."""

from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from carnet.national.journal.actors import Actor
from carnet.national.journal.models import Trace
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.models import Document
from carnet.national.record.rules import Authorisation
from carnet.standards import xml
from carnet.standards.ids import Ins
from carnet.standards.xds.ebrim import read_entry
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti18 import FindDocuments, GetDocuments, untyped
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import Code, Status
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER

pytestmark = pytest.mark.django_db

CURRENT = (Status.APPROVED,)


def publish(ins: Ins, **options: Any) -> ProvideRequest:
    request = world.request(ins, **options)
    record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=NOW)
    return request


class Undone(Exception):  # noqa: N818 - says what happened
    """A transaction is given up."""


def news(patient_id: UUID) -> list[str]:
    """What the outbox has to tell, publications apart."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind FROM record_outbox WHERE patient_id = %s AND kind <> 'document.published'",
            [patient_id],
        )
        return [kind for (kind,) in cursor.fetchall()]


def find(ins: Ins, actor: Actor = PHYSICIAN_READER, **query: Any) -> list[str]:
    asked = FindDocuments(**{"patient_id": ins.cx, "statuses": CURRENT, **query})
    found = queries.find(actor, untyped(asked), patient=ins, now=NOW)
    return [read_entry(xml.parse(each.text)).unique_id for each in found]


def unique_id(request: ProvideRequest) -> str:
    return request.submission.documents[0].unique_id


def retrieve(
    ins: Ins, *unique_ids: str, actor: Actor = PHYSICIAN_READER, repository: str = ""
) -> Any:
    from django.conf import settings

    refs = [DocumentRef(repository or settings.CARNET_REPOSITORY_OID, each) for each in unique_ids]
    return record.retrieve(actor, refs, patient=ins, now=NOW)


def traces(patient_id: UUID) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT action, outcome FROM journal_trace WHERE patient_id = %s ORDER BY id",
            [patient_id],
        )
        return list(cursor.fetchall())


def test_an_authorised_professional_finds_and_reads() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    request = publish(ins)
    assert find(ins) == [unique_id(request)]
    (document,), errors = retrieve(ins, unique_id(request))
    assert document.data == request.documents["Document00"]
    assert not errors


def test_a_professional_without_authorisation_finds_nothing_and_it_is_written() -> None:
    patient_id, ins = world.make_patient()
    publish(ins)
    with pytest.raises(XdsRefused) as refused:
        find(ins)
    assert refused.value.errors[0].code == "DMPAccessDeniedByRightsService"
    assert traces(patient_id)[-1] == ("documents.searched", "refused")


def test_an_expired_authorisation_opens_nothing() -> None:
    patient_id, ins = world.make_patient()
    record.authorise(
        world.TESTS,
        patient_id,
        PHYSICIAN_READER.ps_idnat,
        Authorisation.VALID,
        now=NOW,
        until=NOW,
    )
    with pytest.raises(XdsRefused):
        find(ins)


def test_a_blocked_professional_retrieves_nothing_and_it_is_written() -> None:
    patient_id, ins = world.make_patient()
    request = publish(ins)
    record.authorise(
        world.TESTS, patient_id, PHYSICIAN_READER.ps_idnat, Authorisation.BLOCKED, now=NOW
    )
    documents, errors = retrieve(ins, unique_id(request))
    assert not documents
    assert [each.code for each in errors] == ["XDSDocumentUniqueIdError"]
    assert traces(patient_id)[-1] == ("document.read", "refused")


def test_an_establishment_does_not_search() -> None:
    _patient_id, ins = world.make_patient()
    publish(ins)
    with pytest.raises(XdsRefused) as refused:
        find(ins, HOSPITAL_SYSTEM)
    assert refused.value.errors[0].code == "DMPAccessDeniedByRightsService"


def test_an_establishment_looks_up_the_reference_of_its_own_documents() -> None:
    _patient_id, ins = world.make_patient()
    request = publish(ins)
    query = GetDocuments(unique_ids=(unique_id(request),))
    assert len(queries.find(HOSPITAL_SYSTEM, untyped(query), patient=ins, now=NOW)) == 1
    other = replace(HOSPITAL_SYSTEM, struct_idnat="1690000001", holder="1690000001")
    assert queries.find(other, untyped(query), patient=ins, now=NOW) == []


def test_a_masked_document_is_not_listed_to_another_professional() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    masked = publish(ins, confidentiality=world.visibility("MASQUE_PS"))
    assert find(ins) == []
    assert not retrieve(ins, unique_id(masked))[0]
    author = replace(PHYSICIAN_READER, ps_idnat="899900063480")
    world.authorise(patient_id, author)
    assert find(ins, author) == [unique_id(masked)]


def test_documents_of_another_patient_do_not_exist() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    _other_id, other = world.make_patient()
    request = publish(other)
    documents, errors = retrieve(ins, unique_id(request))
    assert not documents
    assert [each.code for each in errors] == ["XDSDocumentUniqueIdError"]


def test_an_unknown_document_and_another_repository_are_told_apart() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    assert retrieve(ins, "1.2.3")[1][0].code == "XDSDocumentUniqueIdError"
    assert retrieve(ins, "1.2.3", repository="1.2.9")[1][0].code == "XDSUnknownRepositoryId"


def test_another_patient_than_the_one_of_the_vihf_is_refused() -> None:
    _patient_id, ins = world.make_patient()
    _other_id, other = world.make_patient()
    with pytest.raises(XdsRefused) as refused:
        queries.find(
            PHYSICIAN_READER, untyped(FindDocuments(other.cx, CURRENT)), patient=ins, now=NOW
        )
    assert refused.value.errors[0].code == "XDSPatientIdDoesNotMatch"


LOINC = "2.16.840.1.113883.6.1"


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"type_codes": (Code("11490-0", LOINC),)}, 1),
        ({"type_codes": (Code("34112-3", LOINC),)}, 0),
        ({"type_codes": (Code("34112-3", LOINC), Code("11490-0", LOINC))}, 1),
        ({"service_start_from": "20240301", "service_start_to": "20240401"}, 1),
        ({"service_start_to": "2024"}, 0),
        ({"service_stop_from": "20240308"}, 1),
        ({"creation_from": "20240308153005"}, 1),
        ({"creation_from": "20240308153006"}, 0),
        ({"author_persons": ("899900063480^MAX%",)}, 1),
        ({"author_persons": ("%DUPONT%",)}, 0),
        ({"author_persons": ("%\\",)}, 0),
        ({"confidentiality": ((Code("N", "2.16.840.1.113883.5.25"),),)}, 1),
        ({"statuses": (Status.DEPRECATED,)}, 0),
        ({"entry_types": ("urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1",)}, 1),
        ({"entry_types": ("urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248",)}, 0),
    ],
)
def test_a_search_is_narrowed_by_its_criteria(criteria: dict[str, Any], expected: int) -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    publish(ins)
    assert len(find(ins, **criteria)) == expected


def test_a_deleted_document_leaves_searches_and_its_content_stays() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    request = publish(ins)
    Document.objects.filter(patient_id=patient_id).update(status="DELETED")
    assert find(ins, statuses=tuple(Status)) == []
    assert retrieve(ins, unique_id(request))[0]


def test_a_first_access_is_remembered_once() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    publish(ins)
    find(ins)
    find(ins)
    assert news(patient_id) == ["access.first"]


@pytest.mark.django_db(transaction=True)
def test_a_first_access_that_was_undone_is_not_taken_for_known() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    with suppress(Undone), transaction.atomic():
        find(ins)
        find(ins)
        raise Undone
    assert news(patient_id) == []
    for _ in range(3):
        find(ins)
    assert news(patient_id) == ["access.first"]
    assert Trace.objects.filter(patient_id=patient_id, action="documents.searched").count() == 3


def test_looking_up_anothers_document_is_an_access_and_ones_own_is_not() -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    query = GetDocuments(unique_ids=(unique_id(publish(ins)),))
    queries.find(HOSPITAL_SYSTEM, untyped(query), patient=ins, now=NOW)
    assert world.rows("record_firstaccess") == 0
    queries.find(PHYSICIAN_READER, untyped(query), patient=ins, now=NOW)
    assert world.rows("record_firstaccess") == 1


def test_searching_takes_three_statements(django_assert_num_queries: Any) -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    publish(ins)
    with django_assert_num_queries(3):  # the record, the entries, the trace
        find(ins)


def test_retrieving_takes_two_statements(django_assert_num_queries: Any) -> None:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    request = publish(ins)
    with django_assert_num_queries(2):  # the documents, the trace
        retrieve(ins, unique_id(request))


def test_existence_tells_the_state_and_the_authorisation() -> None:
    patient_id, ins = world.make_patient()
    found = queries.existence(PHYSICIAN_READER, ins, now=NOW)
    assert (found.status, found.authorisation) == ("active", Authorisation.NONE)
    world.authorise(patient_id)
    assert queries.existence(PHYSICIAN_READER, ins, now=NOW).authorisation == "VALIDE"
    assert queries.existence(PHYSICIAN_READER, world.new_ins(), now=NOW).status is None
