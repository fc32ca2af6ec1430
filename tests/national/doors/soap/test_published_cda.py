"""The published French CDA documents, fed to the DMP as a hospital would, then retrieved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from carnet.national.identity import queries as identity
from carnet.standards.cda import reading
from carnet.standards.ids import Ins
from carnet.standards.xds import from_cda, iti41, iti43, registry_response
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import DocumentEntry
from tests.national import world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import Call, as_reader

pytestmark = pytest.mark.django_db

NO_OID = "DocumentEntry.uniqueId is not an OID of 64 characters at most, without extension"
#: Their id has an extension, or is a UUID (spec dmp §3.4). All others are taken.
REFUSED = {
    "hl7v2_CR_Radio_N1_v1.xml": NO_OID,
    "hl7v2_CR_Radio_N1_v2.xml": NO_OID,
    "suite2.41_LDL-EES_2020.01.xml": NO_OID,
}


@pytest.fixture
def documents(examples: Path, hospital: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The documents, whose patients have a record."""
    found = {each.name: each.read_bytes() for each in sorted((examples / "cda").glob("*.xml"))}
    assert found
    for data in found.values():
        ins = patient_of(data)
        if identity.find_by_ins(ins) is None:
            monkeypatch.setattr(world, "new_ins", lambda ins=ins: ins)
            patient_id, _ = world.make_patient()
            world.authorise(patient_id)
    return found


def patient_of(data: bytes) -> Ins:
    return Ins.from_cx(entry_of(data).patient_id)


def entry_of(data: bytes) -> DocumentEntry:
    return from_cda.entry_from_cda(reading.read(data), entry_id="Document01")


def fed(call: Call, data: bytes) -> list[str]:
    """Why a document is refused; nothing when it is taken."""
    entry = entry_of(data)
    lot = from_cda.submission_set(
        lot_id="SubmissionSet01",
        unique_id=str(world.new_oid()),
        source_id="1.2.250.1.999.5",
        patient_id=entry.patient_id,
        author=world.sender(),
        content_type=world.CONTENT_TYPE,
        at=world.NOW,
        title="Exemple",
    )
    request = ProvideRequest(from_cda.submission(lot, [entry]), {entry.id: data})
    answer = call(
        "repository", iti41.ACTION, *iti41.write(request), patient=patient_of(data)
    ).envelope.payload
    return [error.context for error in registry_response.read_outcome(answer).errors]


def test_each_document_is_taken_and_given_back_or_refused_for_a_reason(
    documents: dict[str, bytes], call: Call, trusting: Papers, settings: Any
) -> None:
    refused = {}
    for name, data in documents.items():
        if reasons := fed(call, data):
            refused[name] = " ".join(reasons).split(" (")[0]
            continue
        ref = DocumentRef(settings.CARNET_REPOSITORY_OID, entry_of(data).unique_id)
        reply = call(
            "repository",
            iti43.ACTION,
            iti43.write([ref]),
            **as_reader(trusting, patient_of(data)),
        )
        answer = iti43.read_response(reply.envelope.payload, reply.attachments)
        assert [each.data for each in answer.documents] == [data], (name, answer.errors)
    assert refused == REFUSED
