"""An affinity domain, and calling its services as a member does."""

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
    registry_response,
)
from carnet.standards.xds.iti18 import FindDocuments, GetDocuments, QueryName, StoredQuery
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.iti57 import (
    Operation,
    UpdateRequest,
)
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Code,
    DocumentEntry,
    Folder,
    Submission,
    SubmissionSet,
)
from tests.national import world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import header
from tests.nist.player import feed

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
