"""The published messages of XDS, sent as they are: taken, or refused for a reason written here.

They are of other code bases (OpenXDS, IPF, the Swiss record, the Norwegian one), and are sent to an
affinity domain and to the DMP; then as they would be by who uses them, placeholders filled in and
the patient known.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from lxml import etree

from carnet.standards import xml
from carnet.standards.ids import Ins
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.mtom import xop_include
from carnet.standards.xds import iti18, iti41, iti42, iti43, iti44, registry_response
from carnet.standards.xds.ebrim import RIM, XDSB
from carnet.standards.xds.iti18 import GetDocuments, QueryName, StoredQuery
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import Status
from tests.national import world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import BASE, SOAP, Call, header
from tests.national.doors.soap.domain import PATIENT, Send, codes_of, found
from tests.nist.player import AUTHORITY, feed

pytestmark = pytest.mark.django_db

NO_VIHF = "the assertion was taken out before publication"
SWISS = "the assertion is a Swiss one, signed by RSA with SHA-1"
NOT_SERVED = "PIX queries (ITI-45) are not a transaction of a registry"
AN_ANSWER = "it is what a server answers, not what is sent to one"
NO_ADDRESSING = "an answer of a token service, without WS-Addressing"
AN_ASSERTION = "an assertion alone, without its envelope"
UNKNOWN = "no feed made its patient known here"
TEMPLATE = "a template: patient, uniqueId and documents are to be filled in"
EMPTY = "its metadata were taken out before publication"
BAD_SCHEMES = "the UUIDs of its identification schemes hold a space"
NO_QUOTES = "the value of the patient is not closed by a quote: it tries an injection"
NOT_FRENCH = "the DMP takes no ITI-42: it keeps the documents itself"

_FAULT = "{}/{}".format


@dataclass(frozen=True)
class Verdict:
    """Where a message is sent; what an affinity domain and the DMP say (nothing: taken); why."""

    service: str
    domain: str
    dmp: str
    why: tuple[str, ...]


_NO_ACTION = _FAULT("Sender", "wsa:ActionNotSupported")
_UNADDRESSED = _FAULT("Sender", "wsa:MessageAddressingHeaderRequired")
_UNPROVED = _FAULT("Sender", "wsse:InvalidSecurity")
VERDICTS: Mapping[str, Verdict] = {
    "epr-ch/ITI-18_request_raw.xml": Verdict(
        "registry", "XDSUnknownPatientId", "Sender/VIHFForbiddenAlgorithm", (UNKNOWN, SWISS)
    ),
    "epr-ch/ITI-18_response_raw.xml": Verdict("registry", _NO_ACTION, _NO_ACTION, (AN_ANSWER,)),
    "epr-ch/ITI-45_request_raw.xml": Verdict("patients", _NO_ACTION, _NO_ACTION, (NOT_SERVED,)),
    "epr-ch/ITI-45_response_raw.xml": Verdict("patients", _NO_ACTION, _NO_ACTION, (AN_ANSWER,)),
    "epr-ch/xua/1_Get_X-User_Assertion_Response-Healthcare_Provider.xml": Verdict(
        "registry", _UNADDRESSED, _UNADDRESSED, (NO_ADDRESSING,)
    ),
    "epr-ch/xua/assertion_only.xml": Verdict(
        "registry", _UNADDRESSED, _UNADDRESSED, (NO_ADDRESSING,)
    ),
    "ipf/SubmitObjectsRequest_ebrs30.xml": Verdict(
        "registry", "XDSRegistryMetadataError", _NO_ACTION, (BAD_SCHEMES, NOT_FRENCH)
    ),
    "ipf/iti18request.xml": Verdict(
        "registry", "XDSRegistryError", "XDSRegistryError", (NO_QUOTES,)
    ),
    "nhn-no/IT_iti-18_request.xml": Verdict(
        "registry", "XDSUnknownPatientId", _UNPROVED, (UNKNOWN, NO_VIHF)
    ),
    "nhn-no/IT_iti-41_request.xml": Verdict(
        "repository", "XDSRegistryMetadataError", _UNPROVED, (EMPTY, NO_VIHF)
    ),
    "nhn-no/SamlToken02.xml": Verdict("registry", "Sender/", "Sender/", (AN_ASSERTION,)),
    "openxds/add_document2_folder.xml": Verdict(
        "repository", "XDSUnknownPatientId", "XDSPatientIdDoesNotMatch", (TEMPLATE,)
    ),
    "openxds/document_replacement.xml": Verdict(
        "repository", "XDSUnknownPatientId", "XDSPatientIdDoesNotMatch", (TEMPLATE,)
    ),
    "openxds/submit_document.xml": Verdict(
        "repository", "XDSUnknownPatientId", "XDSPatientIdDoesNotMatch", (TEMPLATE,)
    ),
}
#: What carries the messages that were published without their envelope.
ACTIONS = {
    "ProvideAndRegisterDocumentSetRequest": iti41.ACTION,
    "SubmitObjectsRequest": iti42.ACTION,
    "AdhocQueryRequest": iti18.ACTION,
}
BYTES = b"<note>what the document says</note>"


@pytest.fixture
def domain(send: Send, settings: Any, tmp_path: Path) -> Send:
    """A domain whose codes and authorities are free."""
    settings.CARNET_AFFINITY_DOMAIN = tmp_path / f"free-{uuid4()}.xml"
    settings.CARNET_AFFINITY_DOMAIN.write_text("<Codes/>", "utf-8")
    return send


def read(examples: Path, name: str) -> bytes:
    return (examples / "xds" / name).read_bytes()


def with_documents(payload: etree._Element) -> tuple[bytes, dict[str, bytes]]:
    """A request of ITI-41 with bytes for each of its documents, and the parts that hold them."""
    parts = {}
    if etree.QName(payload).localname == "ProvideAndRegisterDocumentSetRequest":
        for each in payload.iter(f"{{{RIM}}}ExtrinsicObject"):
            part = f"{uuid4()}@test"
            parts[part] = BYTES
            document = etree.SubElement(payload, f"{{{XDSB}}}Document", id=each.get("id", ""))
            document.append(etree.fromstring(xop_include(part)))
    return etree.tostring(payload), parts


def told(payload: etree._Element) -> str:
    """The codes of an answer, or the code and subcode of a fault; nothing when all is well."""
    if payload.tag != f"{{{SOAP}}}Fault":
        return " ".join(sorted(set(codes_of(payload))))
    codes = [each.text or "" for each in payload.iter(f"{{{SOAP}}}Value")]
    return _FAULT(codes[0].removeprefix("soap:"), "".join(codes[1:]))


def posted(client: Client, trusting: Papers, address: str, message: bytes) -> etree._Element:
    """What a service says of a whole message."""
    response = client.post(
        address,
        data=message,
        content_type="application/soap+xml; charset=UTF-8",
        headers=header(trusting.client),
    )
    kind = response.headers["Content-Type"]
    package = mtom.read(kind, io.BytesIO(response.content), limit=10_000_000)
    return envelope.read(package.root).payload


def test_every_message_has_its_verdict(examples: Path) -> None:
    folder = examples / "xds"
    found = {
        str(each.relative_to(folder))
        for part in folder.iterdir()
        if part.is_dir() and part.name not in ("nist-testkit", "wsdl", "xsd")
        for each in part.rglob("*.xml")
    }
    assert found == set(VERDICTS)


@pytest.fixture
def answers(
    client: Client, trusting: Papers, domain: Send, call: Call, person: tuple[Any, Ins]
) -> Callable[[str, bytes], tuple[str, str]]:
    """What an affinity domain and the DMP say of a message, sent to a service of each."""

    def answers(service: str, raw: bytes) -> tuple[str, str]:
        action = ACTIONS.get(etree.QName(xml.parse(raw)).localname)
        if action is None:
            ours, theirs = (
                posted(client, trusting, f"{base}/{service}", raw) for base in ("/ihe", BASE)
            )
        else:
            payload, parts = with_documents(xml.parse(raw))
            ours, _ = domain(service, action, payload, parts)
            theirs = call(service, action, payload, parts, patient=person[1]).envelope.payload
        return told(ours), told(theirs)

    return answers


@pytest.mark.parametrize("name", VERDICTS)
def test_a_message_is_answered_as_its_verdict_says(
    examples: Path, answers: Callable[[str, bytes], tuple[str, str]], name: str
) -> None:
    verdict, before = VERDICTS[name], world.stored()
    assert answers(verdict.service, read(examples, name)) == (verdict.domain, verdict.dmp)
    assert world.stored() == before


# What they become


def filled(examples: Path, name: str, **symbols: str) -> etree._Element:
    """A template of OpenXDS, its placeholders replaced."""
    text = read(examples, f"openxds/{name}").decode()
    symbols = {
        "patientId": PATIENT,
        "XDSDocumentEntry.uniqueId": str(world.new_oid()),
        "XDSSubmissionSet.uniqueId": str(world.new_oid()),
        "folder_uniqueid": str(world.new_oid()),
        **symbols,
    }
    for symbol, value in symbols.items():
        text = text.replace(f"${symbol}", value.replace("&", "&amp;"))
    return xml.parse(text.encode())


def provided(domain: Send, payload: etree._Element) -> str:
    return told(domain("repository", iti41.ACTION, *with_documents(payload))[0])


def documents(domain: Send, *unique_ids: str) -> dict[str, Any]:
    answer = found(domain, GetDocuments(unique_ids=unique_ids))
    return {each.unique_id: each for each in answer.documents}


def test_the_documents_of_openxds_are_provided_replaced_and_put_in_a_folder(
    examples: Path, domain: Send, settings: Any
) -> None:
    first, second, third, box = (str(world.new_oid()) for _ in range(4))
    name = {"XDSDocumentEntry.uniqueId": first}
    assert provided(domain, filled(examples, "submit_document.xml", **name)) == ""
    old = documents(domain, first)[first]
    name = {"XDSDocumentEntry.uniqueId": second, "rplc_doc_uuid": old.id}
    assert provided(domain, filled(examples, "document_replacement.xml", **name)) == ""
    kept = documents(domain, first, second)
    assert kept[first].status is Status.DEPRECATED
    assert kept[second].status is Status.APPROVED
    name = {"XDSDocumentEntry.uniqueId": third, "folder_uniqueid": box}
    assert provided(domain, filled(examples, "add_document2_folder.xml", **name)) == ""
    query = StoredQuery(QueryName.GET_FOLDER_AND_CONTENTS, {"$XDSFolderUniqueId": ((box,),)})
    assert [each.unique_id for each in found(domain, query).documents] == [third]
    ref = DocumentRef(settings.CARNET_REPOSITORY_OID, second)
    answer = iti43.read_response(*domain("repository", iti43.ACTION, iti43.write([ref])))
    assert answer.documents[0].data == BYTES


def test_the_submission_of_ipf_lacks_only_what_a_repository_adds(
    examples: Path, domain: Send
) -> None:
    text = read(examples, "ipf/SubmitObjectsRequest_ebrs30.xml").decode()
    text = re.sub(r"(urn:uuid:[0-9a-f-]+) ", r"\1", text)
    text = re.sub(r"SELF-5\^\^\^[^\"]*", PATIENT.replace("&", "&amp;"), text)
    answer, _ = domain("registry", iti42.ACTION, text.encode())
    assert {
        error.context.split(" (")[0] for error in registry_response.read_outcome(answer).errors
    } == {
        "DocumentEntry.hash is missing",
        "DocumentEntry.size is missing",
        "DocumentEntry.repositoryUniqueId is missing",
        "SubmissionSet.sourceId is not dotted numbers, 64 characters at most",
        "this type of association is not for a submission of documents",
    }


@pytest.mark.parametrize("name", ["epr-ch/ITI-18_request_raw.xml", "nhn-no/IT_iti-18_request.xml"])
def test_a_query_of_another_country_is_answered_once_its_patient_is_known(
    examples: Path, client: Client, trusting: Papers, domain: Send, name: str
) -> None:
    raw = read(examples, name)
    given = re.search(rb"'([^'^]+)\^\^\^&amp;([0-9.]+)&amp;ISO'", raw)
    assert given is not None
    patient, authority = given[1].decode(), given[2]
    known = feed(f"{patient}^^^").replace(AUTHORITY.encode(), authority)
    domain("patients", iti44.action(iti44.ADDED), known)
    assert told(posted(client, trusting, "/ihe/registry", raw)) == ""
