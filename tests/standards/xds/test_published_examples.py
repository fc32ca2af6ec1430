"""Each published XDS message is read, or refused for the reason written here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from carnet.standards import xml
from carnet.standards.soap import envelope
from carnet.standards.soap.envelope import Envelope
from carnet.standards.xds import iti18, iti41
from carnet.standards.xds.ebrim import RIM, read_submission, write_submission
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti18 import FindDocuments, GetDocuments
from carnet.standards.xds.metadata import Status
from carnet.standards.xds.rules import IHE, check

#: Submissions in ebRIM 3.0: how many documents and associations, or why it is refused.
SUBMISSIONS: dict[str, tuple[int, int] | str] = {
    "openxds/submit_document.xml": (1, 1),
    "openxds/document_replacement.xml": (1, 2),
    "openxds/add_document2_folder.xml": (1, 4),
    # UUIDs of schemes hold a space ("92fd- a8ffeff98427"): no scheme of XDS.
    "ipf/SubmitObjectsRequest_ebrs30.xml": "scheme known to XDS",
}


def roots(folder: Path) -> Iterator[tuple[Path, etree._Element]]:
    """Each XML file of the folder that is not empty, in a fixed order."""
    for path in sorted(folder.rglob("*.xml")):
        if path.stat().st_size:
            yield path, xml.parse(path.read_bytes())


def objects_of(path: Path) -> etree._Element:
    found = xml.parse(path.read_bytes()).find(f".//{{{RIM}}}RegistryObjectList")
    assert found is not None
    return found


@pytest.mark.parametrize(("name", "expected"), SUBMISSIONS.items())
def test_a_published_submission_is_read_or_refused_for_a_reason(
    examples: Path, name: str, expected: tuple[int, int] | str
) -> None:
    objects = objects_of(examples / "xds" / name)
    if isinstance(expected, str):
        with pytest.raises(XdsRefused, match=expected):
            read_submission(objects)
        return
    submission = read_submission(objects)
    assert (len(submission.documents), len(submission.associations)) == expected
    assert read_submission(xml.parse(write_submission(submission))[0]) == submission


def test_the_submission_of_ipf_is_read_once_its_schemes_are_right(examples: Path) -> None:
    data = (examples / "xds/ipf/SubmitObjectsRequest_ebrs30.xml").read_bytes()
    mended = re.sub(rb"(urn:uuid:[0-9a-f-]+) ", rb"\1", data)
    submission = read_submission(xml.parse(mended)[0])
    (entry,) = submission.documents
    assert entry.authors[0].institutions == ("Cleveland Clinic", "Parma Community")
    assert entry.authors[0].extra_slots == (("authorSpeciality", ("Orthopedic",)),)


def test_every_submission_of_the_nist_toolkit_in_ebrim_3_is_read(examples: Path) -> None:
    read = 0
    for _, root in roots(examples / "xds/nist-testkit/tests"):
        objects = root.find(f".//{{{RIM}}}RegistryObjectList")
        if objects is not None:
            submission = read_submission(objects)
            assert read_submission(xml.parse(write_submission(submission))[0]) == submission
            read += 1
    assert read >= 2


def test_ebrim_2_1_is_refused(examples: Path) -> None:
    old = xml.parse((examples / "xds/nist-testkit/tests/11966/submit/single_doc.xml").read_bytes())
    with pytest.raises(XdsRefused, match="RegistryObjectList"):
        read_submission(old[0])


def test_what_openxds_submits_breaks_the_rules_only_where_its_text_has_holes(
    examples: Path,
) -> None:
    submission = read_submission(objects_of(examples / "xds/openxds/submit_document.xml"))
    told = {error.context.partition(" ")[0] for error in check(submission, profile=IHE)}
    # "$patientId" and "$…uniqueId" are to be filled in before the file is sent.
    assert told == {
        "DocumentEntry.patientId",
        "DocumentEntry.uniqueId",
        "SubmissionSet.patientId",
        "SubmissionSet.uniqueId",
    }


#: The stored queries that the toolkit asks in ebRIM 3.0.
ASKED = {
    "FindDocuments",
    "GetDocuments",
    "GetFolders",
    "GetFolderAndContents",
    "GetSubmissionSetAndContents",
}
#: A code without scheme: the toolkit expects a failure too.
NOT_CODED = "11897/classcode_scheme_mismatch/query.xml"


def outcome(query: etree._Element) -> str:
    try:
        read = iti18.read_query(query)
    except XdsRefused as refusal:
        return str(refusal)
    assert iti18.read_query(xml.parse(iti18.write(read))) == read
    return read.name


def test_the_queries_of_the_nist_toolkit_are_read(examples: Path) -> None:
    folder = examples / "xds/nist-testkit/tests"
    outcomes = {
        str(path.relative_to(folder)): outcome(root)
        for path, root in roots(folder)
        if str(root.tag).endswith("}AdhocQueryRequest")
    }
    assert len(outcomes) > 40
    assert "code^^scheme" in outcomes.pop(NOT_CODED)
    assert set(outcomes.values()) == ASKED


def message(examples: Path, name: str) -> Envelope:
    return envelope.read((examples / "xds" / name).read_bytes())


def test_the_norwegian_query_is_read(examples: Path) -> None:
    read = message(examples, "nhn-no/IT_iti-18_request.xml")
    query = iti18.read(read.payload)
    assert isinstance(query, FindDocuments)
    assert read.addressing.action == iti18.ACTION
    assert read.assertion is None
    assert [code.code for code in query.confidentiality[0]] == ["L", "M", "N", "U", "R"]


def test_the_norwegian_provide_is_read_and_its_emptiness_told(examples: Path) -> None:
    read = message(examples, "nhn-no/IT_iti-41_request.xml")
    request = iti41.read(read.payload, {})
    assert request.documents == {}
    assert any("SubmissionSet" in error.context for error in check(request.submission))


def test_the_swiss_query_is_read_with_its_assertion(examples: Path) -> None:
    read = message(examples, "epr-ch/ITI-18_request_raw.xml")
    assert read.assertion is not None
    assert xml.parse(read.assertion).get("ID") == "_ffb617d7-4529-4c00-9a23-3c02a398d6fd"
    assert iti18.read(read.payload) == FindDocuments(
        "7e1c6e78-58f1-4a43-ae88-0d5a5c4ab43e^^^&1.3.6.1.4.1.21367.2017.2.5.45&ISO",
        (Status.APPROVED,),
        return_type="ObjectRef",
    )


def test_the_swiss_answer_is_read(examples: Path) -> None:
    read = message(examples, "epr-ch/ITI-18_response_raw.xml")
    (entry,) = iti18.read_response(read.payload).documents
    assert entry.title == "Vaccination - FSME-Immun 0.25 ml Junior"
    assert entry.extra_slots[0][0] == "urn:e-health-suisse:2020:originalProviderRole"


@pytest.mark.parametrize(
    "name", ["epr-ch/ITI-45_request_raw.xml", "epr-ch/ITI-45_response_raw.xml"]
)
def test_another_transaction_is_an_envelope_and_no_query(examples: Path, name: str) -> None:
    with pytest.raises(XdsRefused):
        iti18.read(message(examples, name).payload)


def test_the_query_of_ipf_that_injects_sql_is_refused(examples: Path) -> None:
    # Its patientId is never closed: '…ISO''%20and%20611%3d611--%20
    with pytest.raises(XdsRefused, match="PatientId is not quoted"):
        iti18.read(xml.parse((examples / "xds/ipf/iti18request.xml").read_bytes()))


def test_get_documents_of_the_toolkit_is_read_by_both_kinds_of_id(examples: Path) -> None:
    folder = examples / "xds/nist-testkit/tests/11901"
    by_unique_id = iti18.read(xml.parse((folder / "query2.xml").read_bytes()))
    by_uuid = iti18.read(xml.parse((folder / "query5.xml").read_bytes()))
    assert by_unique_id == GetDocuments(unique_ids=("$uid1$", "$uid2$"))
    assert by_uuid == GetDocuments(entry_uuids=("$uuid1$", "$uuid2$"))
