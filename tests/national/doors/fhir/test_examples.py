"""The published examples of FHIR at the door: taken, or refused for a reason that is written here.

They were published by the ANS, IHE and others, most for a server that knows patients by a number of
its own. Each is sent as it is, then with its subject told by an INS, to see what else it says.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from carnet.standards.ids import Ins
from tests.national import world
from tests.national.doors.fhir.conftest import Call

pytestmark = pytest.mark.django_db

#: Why an example is refused as it is, then with an INS.
NO_INS = "the patient is told by the number of another server, not by an INS"
ANOTHER = "the patient is not the one of the VIHF"
ANSWER = "it is what a server answers, not what is sent to one"
NO_SUBJECT = "minimal metadata name no patient: a record is somebody's"
PUT = "a folder that is registered already does not change by this transaction"
LONG = "the OID of the document has more than 64 characters (ITI TF-3, 4.2.3.1.5)"
NO_OID = "the identifier of the patient at the source has no OID, which a CX needs"
NO_UNIQUE_ID = "the identifier of the lot is neither an OID nor a UUID"
ELSEWHERE = "an author or the patient at the source is on another server: they are to be contained"
AT_AN_ADDRESS = "it is a DocumentReference of an answer, whose bytes are at an address"
NO_STRUCTURE = "no author is of the structure of the VIHF"
NOT_ENOUGH = "the document is no CDA of the DMP: nothing completes the metadata"
ALONE = "a list is published with its documents, in a Bundle"
CONTAINED = "this resource is sent inside others, and has no address of its own"
JOURNAL = "the journal is written by the server"

NOT_SERVED = (404, "not-supported")
NOT_ALONE = (405, "not-supported")
NOT_FOUND = (422, "not-found")
WRONG = (422, "value")
AGAINST_RULE = (422, "business-rule")
FORBIDDEN = (403, "forbidden")


@dataclass(frozen=True)
class Verdict:
    """Status and issue code as it is, then with an INS; and why."""

    as_it_is: tuple[int, str]
    with_ins: tuple[int, str]
    why: tuple[str, ...]


def _same(verdict: tuple[int, str], why: str) -> Verdict:
    return Verdict(verdict, verdict, (why,))


def _then(verdict: tuple[int, str], why: str, *, first: str = NO_INS) -> Verdict:
    return Verdict(NOT_FOUND, verdict, (first, why))


MHD = "mhd-4.2.3"
VERDICTS: dict[str, Verdict] = {
    "cercle-de-soins/CareTeam-cds-careteam-example.json": _same(NOT_SERVED, CONTAINED),
    "cercle-de-soins/RelatedPerson-cds-relatedperson-example.json": _same(NOT_SERVED, CONTAINED),
    f"{MHD}/AuditEvent-ex-auditFindDocumentReferences-responder.json": _same(NOT_ALONE, JOURNAL),
    f"{MHD}/AuditEvent-ex-auditProvideBundle-recipient.json": _same(NOT_ALONE, JOURNAL),
    f"{MHD}/AuditEvent-ex-auditRetrieveDocument-responder.json": _same(NOT_ALONE, JOURNAL),
    f"{MHD}/Binary-ex-b-binary.json": _same(NOT_SERVED, CONTAINED),
    f"{MHD}/Bundle-FindDocumentReferences.json": _same(AGAINST_RULE, ANSWER),
    f"{MHD}/Bundle-ex-ProvideDocumentBundle-addToFolder.json": _same((422, "not-supported"), PUT),
    f"{MHD}/Bundle-ex-comprehensiveProvideDocumentBundleSimple.json": _then(WRONG, NO_OID),
    f"{MHD}/Bundle-ex-minimalProvideDocumentBundleSimple.json": _then(WRONG, LONG),
    f"{MHD}/Bundle-ex-response-comprehensiveProvideDocumentBundleSimple.json": _same(
        AGAINST_RULE, ANSWER
    ),
    f"{MHD}/Device-ex-device.json": _same(NOT_SERVED, CONTAINED),
    f"{MHD}/DocumentReference-ex-DocumentReferenceComprehensive.json": _then(WRONG, LONG),
    f"{MHD}/DocumentReference-ex-DocumentReferenceMinimal.json": Verdict(
        (422, "required"), WRONG, (NO_SUBJECT, LONG)
    ),
    f"{MHD}/DocumentReference-ex-DocumentReferenceSimplifiedPublish.json": _then(WRONG, LONG),
    f"{MHD}/DocumentReference-ex-DocumentReferenceUnContained.json": _then(NOT_FOUND, ELSEWHERE),
    f"{MHD}/List-ex-compFolder.json": _same(NOT_ALONE, ALONE),
    f"{MHD}/List-ex-compSubmissionSetFull.json": _same(NOT_ALONE, ALONE),
    f"{MHD}/List-ex-minimalFolder.json": _same(NOT_ALONE, ALONE),
    f"{MHD}/Organization-ex-organization.json": _same(NOT_SERVED, CONTAINED),
    f"{MHD}/Parameters-ex-patchParameters.json": _same(NOT_SERVED, CONTAINED),
    f"{MHD}/Patient-ex-patient.json": _same(NOT_SERVED, CONTAINED),
    f"{MHD}/Practitioner-ex-practitioner.json": _same(NOT_SERVED, CONTAINED),
    "nhn-no/IT_iti-65_ProvideBundle02_dept_with_reference_in_authors.json": _then(
        WRONG, NO_UNIQUE_ID
    ),
    "pdsm/Binary-6789.json": _same(NOT_SERVED, CONTAINED),
    "pdsm/DocumentReference-exemple-pdsm-documentreference.json": _then(NOT_FOUND, ELSEWHERE),
    "pdsm/List-ExampleSubmissionSet.json": _same(NOT_ALONE, ALONE),
    "pdsm/Organization-org-example.json": _same(NOT_SERVED, CONTAINED),
    "pdsm/Patient-fr-patient-123.json": _same(NOT_SERVED, CONTAINED),
    "pdsm4dmp/Binary-AuthorPSCabinetRPPS.json": _same(NOT_SERVED, CONTAINED),
    "pdsm4dmp/Binary-AuthorPatient.json": _same(NOT_SERVED, CONTAINED),
    "pdsm4dmp/Binary-example-annexe-binary-cda.json": _same(NOT_SERVED, CONTAINED),
    "pdsm4dmp/Bundle-example-td2-iti65-lot-soumission.json": Verdict(
        FORBIDDEN, FORBIDDEN, (ANOTHER, NO_STRUCTURE)
    ),
    "pdsm4dmp/DocumentReference-example-annexe-docref-cda.json": _same(AGAINST_RULE, AT_AN_ADDRESS),
    "pdsm4dmp/DocumentReference-example-td2-iti105-publication-simplifiee.json": Verdict(
        FORBIDDEN, (422, "invalid"), (ANOTHER, NOT_ENOUGH)
    ),
    "pdsm4dmp/DocumentReference-example-td3-1a-cr-consultation.json": _then(
        AGAINST_RULE, AT_AN_ADDRESS
    ),
    "tde/AuditEvent-TDEAuditEventExample.json": _same(NOT_ALONE, JOURNAL),
}


def sent_to(resource: dict[str, Any]) -> str:
    """The address that a resource is sent to."""
    return "" if resource["resourceType"] == "Bundle" else f"/{resource['resourceType']}"


def with_ins(resource: Any, ins: Ins) -> Any:
    """The resource with each subject told by this INS."""
    if isinstance(resource, list):
        return [with_ins(each, ins) for each in resource]
    if not isinstance(resource, dict):
        return resource
    said = {name: with_ins(value, ins) for name, value in resource.items()}
    if said.get("resourceType") in ("List", "DocumentReference"):
        said["subject"] = {"identifier": {"system": f"urn:oid:{ins.oid}", "value": ins.matricule}}
    return said


def examples_of(folder: Path) -> list[str]:
    found = (folder / "fhir").glob("*/*.json")
    return sorted(f"{each.parent.name}/{each.name}" for each in found)


def test_every_example_has_its_verdict(examples: Path) -> None:
    assert examples_of(examples) == sorted(VERDICTS)


@pytest.mark.parametrize("name", VERDICTS)
def test_an_example_is_answered_as_its_verdict_says(
    call: Call, ins: Ins, examples: Path, name: str
) -> None:
    resource = json.loads((examples / "fhir" / name).read_text("utf-8"))
    verdict = VERDICTS[name]
    address = sent_to(resource)
    before = world.stored()
    assert call("POST", address, resource).refusal[:2] == verdict.as_it_is
    assert call("POST", address, with_ins(resource, ins)).refusal[:2] == verdict.with_ins
    assert world.stored() == before


def test_the_bundle_of_the_ans_enters_once_its_codes_are_those_of_the_dmp(
    call: Call, ins: Ins, examples: Path
) -> None:
    """What remains of the example when its document is a CDA, which completes the rest."""
    name = "pdsm4dmp/Bundle-example-td2-iti65-lot-soumission.json"
    bundle = with_ins(json.loads((examples / "fhir" / name).read_text("utf-8")), ins)
    request = world.request(ins)
    (entry,) = request.submission.documents
    lot, document, binary = (each["resource"] for each in bundle["entry"])
    structure = {
        "resourceType": "Organization",
        "id": "structure",
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": str(world.SITE)}],
        "name": "CH de l'Exemple",
    }
    lot["contained"].append(structure)
    lot["source"]["extension"] = [
        {
            "url": "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-authorOrg",
            "valueReference": {"reference": "#structure"},
        }
    ]
    lot["extension"][0]["valueCodeableConcept"]["coding"] = [
        {"system": "urn:oid:1.2.250.1.213.2.2", "code": "07"}
    ]
    document["masterIdentifier"]["value"] = f"urn:oid:{entry.unique_id}"
    for replaced in ("type", "category", "securityLabel"):
        del document[replaced]
    for replaced in ("facilityType", "practiceSetting"):
        del document["context"][replaced]
    content = document["content"][0]
    del content["format"], content["attachment"]["hash"], content["attachment"]["size"]
    content["attachment"]["contentType"] = binary["contentType"] = entry.mime_type
    binary["data"] = base64.b64encode(request.documents[entry.id]).decode()
    reply = call("POST", "", bundle)
    assert reply.status == 200, reply.json
