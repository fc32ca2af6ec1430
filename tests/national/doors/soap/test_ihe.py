"""Profile `ihe`: plain XDS.b for an affinity domain, on records of its own."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from lxml import etree

from carnet.ops.pki import Issued
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import Addressing
from carnet.standards.xds import (
    iti18,
    iti41,
    iti42,
    iti43,
    iti44,
    iti57,
    iti62,
    iti86,
    registry_response,
)
from carnet.standards.xds.iti18 import FindDocuments, GetDocuments, QueryName, StoredQuery
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.iti57 import (
    AssociationSubmission,
    EntryUpdate,
    FolderUpdate,
    Operation,
    StatusUpdate,
    UpdateRequest,
)
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Code,
    DocumentEntry,
    Folder,
    Status,
    Submission,
    SubmissionSet,
)
from tests.national import world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import Call, header
from tests.nist.player import feed

pytestmark = pytest.mark.django_db

PATIENT = "P-1^^^&1.2.4&ISO"
OTHER = "P-2^^^&1.2.4&ISO"
TEXT = Code("TEXT", "1.2.3", "Text")
CODES = """<Codes>
  <CodeType name="classCode"><Code code="TEXT" codingScheme="1.2.3" display="Text"/></CodeType>
  <AssigningAuthority id="&amp;1.2.4&amp;ISO"/>
  <AssigningAuthority id="&amp;1.3.6.1.4.1.21367.13.20.1000&amp;ISO"/>
</Codes>"""
MEMBER = AssociationType.HAS_MEMBER
Send = Callable[..., Any]


@pytest.fixture
def send(client: Client, trusting: Papers, tmp_path: Path, settings: Any) -> Send:
    """Send a payload to a service of the domain; gives the payload of the answer and its parts."""
    settings.CARNET_AFFINITY_DOMAIN = tmp_path / f"codes-{uuid4()}.xml"
    settings.CARNET_AFFINITY_DOMAIN.write_text(CODES, "utf-8")

    def send(
        service: str,
        action: str,
        payload: bytes,
        attachments: Mapping[str, bytes] | None = None,
        *,
        certificate: Issued | None = trusting.client,
    ) -> tuple[etree._Element, Mapping[str, bytes]]:
        message = envelope.write(Addressing(action, f"urn:uuid:{uuid4()}"), payload)
        kind, body = mtom.write(message, attachments or {}, boundary="b", action=action)
        response = client.post(
            f"/ihe/{service}", data=body, content_type=kind, headers=header(certificate)
        )
        package = mtom.read(
            response.headers["Content-Type"], io.BytesIO(response.content), limit=10_000_000
        )
        return envelope.read(package.root).payload, package.attachments

    for patient in (PATIENT, OTHER):
        fed = feed(patient).replace(b"1.3.6.1.4.1.21367.13.20.1000", b"1.2.4")
        answer, _ = send("patients", iti44.action(iti44.ADDED), fed)
        assert answer.xpath(".//*[local-name() = 'typeCode']/@code") == ["CA"]
    return send


def urn() -> str:
    return f"urn:uuid:{uuid4()}"


def entry(**changes: Any) -> DocumentEntry:
    """An entry that any registry takes."""
    perfect = DocumentEntry(
        id=urn(),
        unique_id=str(world.new_oid()),
        patient_id=PATIENT,
        mime_type="text/plain",
        class_code=TEXT,
        type_code=TEXT,
        format_code=TEXT,
        facility_type=TEXT,
        practice_setting=TEXT,
        confidentiality=(Code("N", "2.16.840.1.113883.5.25"),),
        title="Note",
        language="en-US",
        creation_time="2026",
        source_patient_id="L-1^^^&1.2.5&ISO",
    )
    return replace(perfect, **changes)


def folder(**changes: Any) -> Folder:
    perfect = Folder(urn(), str(world.new_oid()), PATIENT, "Folder", codes=(TEXT,))
    return replace(perfect, **changes)


def lot(patient: str = PATIENT) -> SubmissionSet:
    return SubmissionSet(urn(), str(world.new_oid()), "1.2.6", patient, "2026", TEXT)


def submission(
    *things: DocumentEntry | Folder, links: tuple[Association, ...] = (), patient: str = PATIENT
) -> Submission:
    """A lot of these documents and folders, and the other links between them."""
    made = lot(patient)
    members = tuple(
        Association(
            MEMBER,
            made.id,
            each.id,
            urn(),
            (("SubmissionSetStatus", ("Original",)),) if isinstance(each, DocumentEntry) else (),
        )
        for each in (*things, *links)
    )
    return Submission(
        made,
        tuple(each for each in things if isinstance(each, DocumentEntry)),
        tuple(each for each in things if isinstance(each, Folder)),
        (*members, *links),
    )


def codes_of(payload: etree._Element) -> list[str]:
    return [error.code for error in registry_response.read_outcome(payload).errors]


def provide(send: Send, made: Submission, data: bytes = b"text") -> list[str]:
    request = ProvideRequest(made, {each.id: data for each in made.documents})
    return codes_of(send("repository", iti41.ACTION, *iti41.write(request))[0])


def register(send: Send, made: Submission) -> list[str]:
    return codes_of(send("registry", iti42.ACTION, iti42.write(made))[0])


def update(send: Send, *operations: Operation) -> list[str]:
    request = UpdateRequest(lot(), operations)
    return codes_of(send("registry", iti57.ACTION, iti57.write_update(request))[0])


def remove(send: Send, *ids: str) -> list[str]:
    return codes_of(send("registry", iti62.ACTION, iti62.write(ids))[0])


def found(send: Send, query: StoredQuery | GetDocuments | FindDocuments) -> Any:
    answer = iti18.read_response(send("registry", iti18.ACTION, iti18.write(query))[0])
    assert answer.status == "Success", answer.errors
    return answer


def by_uuid(send: Send, *ids: str) -> list[DocumentEntry]:
    return list(found(send, GetDocuments(ids)).documents)


def links_of(send: Send, *ids: str) -> set[tuple[str, str, str]]:
    query = StoredQuery(QueryName.GET_ASSOCIATIONS, {"$uuid": (ids,)})
    return {(each.type, each.source, each.target) for each in found(send, query).associations}


def retrieve(send: Send, unique_id: str, settings: Any) -> Any:
    ref = DocumentRef(settings.CARNET_REPOSITORY_OID, unique_id)
    return iti43.read_response(*send("repository", iti43.ACTION, iti43.write([ref])))


def test_a_document_is_provided_found_and_retrieved(send: Send, settings: Any) -> None:
    made = entry()
    assert provide(send, submission(made)) == []
    (document,) = found(send, FindDocuments(PATIENT, (Status.APPROVED,))).documents
    assert (document.id, document.logical_id) == (made.id, made.id)
    assert retrieve(send, made.unique_id, settings).documents[0].data == b"text"


def test_a_document_of_another_repository_is_registered_and_not_retrieved_here(
    send: Send, settings: Any
) -> None:
    made = entry(hash="a" * 40, size=4, repository_unique_id="1.2.7")
    assert register(send, submission(made)) == []
    (document,) = by_uuid(send, made.id)
    assert (document.hash, document.repository_unique_id) == ("a" * 40, "1.2.7")
    answer = retrieve(send, made.unique_id, settings)
    assert [each.code for each in answer.errors] == ["XDSDocumentUniqueIdError"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hash": ""}, "XDSRegistryMetadataError"),
        ({"repository_unique_id": "1.2.250.1.999.1.1.1"}, "XDSRegistryMetadataError"),
        ({"class_code": Code("OTHER", "1.2.3")}, "XDSRegistryMetadataError"),
        ({"patient_id": "P-9^^^&1.2.4&ISO"}, "XDSPatientIdDoesNotMatch"),
    ],
)
def test_an_entry_that_the_domain_does_not_take_is_refused(
    send: Send, changes: dict[str, Any], code: str
) -> None:
    held = {"hash": "a" * 40, "size": 4, "repository_unique_id": "1.2.7"}
    assert register(send, submission(entry(**{**held, **changes}))) == [code]
    assert world.rows("record_document") == 0


def test_a_patient_that_no_feed_made_known_is_unknown(send: Send) -> None:
    stranger = "P-9^^^&1.2.4&ISO"
    made = submission(entry(patient_id=stranger), patient=stranger)
    assert provide(send, made) == ["XDSUnknownPatientId"]


def test_a_patient_of_another_authority_is_not_taken(send: Send) -> None:
    fed = feed(PATIENT).replace(b"1.3.6.1.4.1.21367.13.20.1000", b"1.2.99")
    answer, _ = send("patients", iti44.action(iti44.ADDED), fed)
    assert answer.xpath(".//*[local-name() = 'typeCode']/@code") == ["CE"]


def test_the_same_lot_or_the_same_entryuuid_again_is_refused(send: Send) -> None:
    made = submission(entry())
    assert provide(send, made) == []
    assert provide(send, made) == ["XDSDuplicateUniqueIdInRegistry"]
    again = entry(id=made.documents[0].id)
    assert provide(send, submission(again)) == ["XDSRegistryMetadataError"]


def test_objects_of_several_patients_are_not_answered_together(send: Send) -> None:
    ours, theirs = entry(), entry(patient_id=OTHER)
    provide(send, submission(ours))
    provide(send, submission(theirs, patient=OTHER))
    payload, _ = send("registry", iti18.ACTION, iti18.write(GetDocuments((ours.id, theirs.id))))
    assert codes_of(payload) == ["XDSResultNotSinglePatient"]


def test_a_document_replaced_is_obsolete(send: Send) -> None:
    old, new = entry(), entry()
    provide(send, submission(old))
    link = Association(AssociationType.RPLC, new.id, old.id, urn())
    assert provide(send, submission(new, links=(link,))) == []
    assert [each.status for each in by_uuid(send, old.id)] == [Status.DEPRECATED]


# ITI-57


def test_a_new_version_keeps_the_associations_of_the_old_one(send: Send) -> None:
    box, made = folder(), entry()
    inside = Association(MEMBER, box.id, made.id, urn())
    assert provide(send, submission(made, box, links=(inside,))) == []
    (held,) = by_uuid(send, made.id)
    version = replace(held, id=urn(), title="Corrected", version=None, status=None)
    assert update(send, EntryUpdate(version, 1)) == []
    assert {(each.version, each.status) for each in by_uuid(send, made.id, version.id)} == {
        (1, Status.DEPRECATED),
        (2, Status.APPROVED),
    }
    assert (MEMBER, box.id, version.id) in links_of(send, box.id)


def test_a_new_version_may_leave_the_associations_to_the_old_one(send: Send) -> None:
    box, made = folder(), entry()
    inside = Association(MEMBER, box.id, made.id, urn())
    provide(send, submission(made, box, links=(inside,)))
    (held,) = by_uuid(send, made.id)
    version = replace(held, id=urn(), version=None, status=None)
    assert update(send, EntryUpdate(version, 1, propagate=False)) == []
    assert (MEMBER, box.id, version.id) not in links_of(send, box.id)


@pytest.mark.parametrize(
    ("changes", "previous", "code"),
    [
        ({}, 2, "XDSMetadataVersionError"),
        ({"logical_id": urn()}, 1, "UnresolvedReferenceException"),
        ({"unique_id": "1.2.3.4"}, 1, "XDSMetadataUpdateError"),
        ({"hash": "b" * 40}, 1, "XDSMetadataUpdateError"),
        ({"repository_unique_id": "1.2.7"}, 1, "XDSMetadataUpdateError"),
    ],
)
def test_an_update_that_does_not_agree_with_what_is_registered_is_refused(
    send: Send, changes: dict[str, Any], previous: int, code: str
) -> None:
    made = entry()
    provide(send, submission(made))
    (held,) = by_uuid(send, made.id)
    version = replace(held, **{"id": urn(), "version": None, "status": None, **changes})
    assert update(send, EntryUpdate(version, previous)) == [code]
    assert [each.version for each in by_uuid(send, made.id)] == [1]


def test_a_folder_has_a_new_version_with_its_documents(send: Send) -> None:
    box, made = folder(), entry()
    inside = Association(MEMBER, box.id, made.id, urn())
    provide(send, submission(made, box, links=(inside,)))
    version = replace(box, id=urn(), logical_id=box.id, title="Renamed")
    assert update(send, FolderUpdate(version, 1)) == []
    query = StoredQuery(QueryName.GET_FOLDERS, {"$XDSFolderUniqueId": ((box.unique_id,),)})
    versions = {each.version: each for each in found(send, query).folders}
    assert [versions[1].status, versions[2].status] == [Status.DEPRECATED, Status.APPROVED]
    assert versions[2].title == "Renamed"
    assert (MEMBER, version.id, made.id) in links_of(send, made.id)


def test_the_status_of_a_document_a_folder_and_an_association_changes(send: Send) -> None:
    box, made = folder(), entry()
    inside = Association(MEMBER, box.id, made.id, urn())
    provide(send, submission(made, box, links=(inside,)))
    for target in (made.id, box.id, inside.id):
        change = StatusUpdate(target, Status.APPROVED, Status.DEPRECATED)
        assert update(send, change) == []
        assert update(send, change) == ["XDSMetadataUpdateError"]
    assert [each.status for each in by_uuid(send, made.id)] == [Status.DEPRECATED]
    assert (MEMBER, box.id, made.id) not in links_of(send, box.id)


def test_a_document_enters_a_folder_by_an_association_submitted_alone(send: Send) -> None:
    box, made = folder(), entry()
    provide(send, submission(made))
    provide(send, submission(box))
    link = Association(MEMBER, box.id, made.id, urn())
    assert update(send, AssociationSubmission(link)) == []
    assert (MEMBER, box.id, made.id) in links_of(send, box.id)
    strange = Association(MEMBER, box.id, urn(), urn())
    assert update(send, AssociationSubmission(strange)) == ["UnresolvedReferenceException"]


# ITI-62, ITI-86


def test_a_lot_is_removed_whole_and_may_come_again(send: Send, settings: Any) -> None:
    made = submission(entry())
    provide(send, made)
    (document,), (link,) = made.documents, made.associations
    assert remove(send, document.id) == ["ReferencesExistException"]
    assert set(remove(send, document.id, link.id)) == {"XDSUnreferencedObjectException"}
    assert remove(send, urn()) == ["UnresolvedReferenceException"]
    assert by_uuid(send, document.id)
    assert remove(send, made.submission_set.id, document.id, link.id) == []
    assert by_uuid(send, document.id) == []
    assert retrieve(send, document.unique_id, settings).documents == ()
    assert provide(send, made) == []


def test_the_bytes_of_a_document_are_removed_and_its_entry_stays(send: Send, settings: Any) -> None:
    made = entry()
    provide(send, submission(made))
    ref = DocumentRef(settings.CARNET_REPOSITORY_OID, made.unique_id)
    removal = iti86.write([ref])
    assert codes_of(send("repository", iti86.ACTION, removal)[0]) == []
    assert codes_of(send("repository", iti86.ACTION, removal)[0]) == ["XDSDocumentUniqueIdError"]
    assert retrieve(send, made.unique_id, settings).documents == ()
    assert by_uuid(send, made.id)


# Two sorts of records


def test_a_member_reaches_no_record_of_the_dmp(
    send: Send, call: Call, hospital: None, settings: Any
) -> None:
    _patient, ins = world.make_patient()
    french = world.request(ins)
    call("repository", iti41.ACTION, *iti41.write(french), patient=ins)
    unique_id = french.submission.documents[0].unique_id
    assert retrieve(send, unique_id, settings).documents == ()
    assert found(send, GetDocuments(unique_ids=(unique_id,))).documents == ()
    query = iti18.write(FindDocuments(ins.cx, (Status.APPROVED,)))
    assert codes_of(send("registry", iti18.ACTION, query)[0]) == ["XDSUnknownPatientId"]
    ref = DocumentRef(settings.CARNET_REPOSITORY_OID, unique_id)
    assert codes_of(send("repository", iti86.ACTION, iti86.write([ref]))[0]) == [
        "XDSDocumentUniqueIdError"
    ]
    assert world.rows("record_document") == 1


def test_without_a_domain_nothing_is_there(client: Client, settings: Any) -> None:
    settings.CARNET_AFFINITY_DOMAIN = None
    for service in ("registry", "repository", "patients"):
        assert client.get(f"/ihe/{service}?wsdl").status_code == 404
        assert client.post(f"/ihe/{service}", data=b"", content_type="text/xml").status_code == 404


def test_without_a_trusted_certificate_nothing_is_answered(send: Send, trusting: Papers) -> None:
    query = iti18.write(FindDocuments(PATIENT, (Status.APPROVED,)))
    for certificate in (None, trusting.revoked):
        payload, _ = send("registry", iti18.ACTION, query, certificate=certificate)
        assert payload.tag.endswith("}Fault")


def test_the_services_of_the_domain_are_described(send: Send, client: Client) -> None:
    for service in ("registry", "repository", "patients"):
        answer = client.get(f"/ihe/{service}?wsdl")
        assert answer.status_code == 200
        assert etree.fromstring(answer.content).tag.endswith("}definitions")
