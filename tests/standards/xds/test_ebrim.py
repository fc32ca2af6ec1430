"""XDS metadata to ebRIM and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from lxml import etree
from lxml.builder import ElementMaker

from carnet.standards import xml
from carnet.standards.xds.ebrim import (
    RIM,
    entry_fragment,
    read_entry,
    read_heading,
    read_submission,
    write_submission,
)
from carnet.standards.xds.ebrim.vocabulary import AUTHOR_SLOTS, SUBMISSION_SET_NODE
from carnet.standards.xds.ebrim.vocabulary import ENTRY as ENTRY_FORM
from carnet.standards.xds.errors import ErrorCode, XdsRefused
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Author,
    Code,
    DocumentEntry,
    Folder,
    Status,
    Submission,
)
from tests.standards.xds import strategies
from tests.standards.xds.perfect import ENTRY, INS, LOT, MEMBER, SUBMISSION

REGISTERED = replace(
    ENTRY,
    id="urn:uuid:0190a1b2-0000-7000-8000-000000000001",
    logical_id="urn:uuid:0190a1b2-0000-7000-8000-000000000001",
    status=Status.APPROVED,
    version=1,
    hash="da39a3ee5e6b4b0d3255bfef95601890afd80709",
    size=61234,
    repository_unique_id="1.2.250.1.213.4.1.1.1.2",
)
FOLDER = Folder(
    id="Folder01",
    unique_id="1.2.250.1.999.1.1.6.1",
    patient_id=INS,
    title="Dossier",
    codes=(Code("x", "1.2.3"),),
)
FULL = Submission(
    replace(LOT, intended_recipients=("|" + ENTRY.legal_authenticator,), comments="c"),
    (ENTRY, replace(ENTRY, id="Document02", unique_id="1.2.250.1.999.1.1.4.13")),
    (FOLDER,),
    (
        MEMBER,
        Association(AssociationType.HAS_MEMBER, "Folder01", "Document02", "Member02"),
        Association(
            AssociationType.XFRM,
            "Document02",
            "urn:uuid:0190a1b2-0000-7000-8000-000000000009",
            "Link01",
            documentation=Code("translation", "x", "Traduction"),
        ),
    ),
)
TEXT = write_submission(FULL).decode()


def read(data: bytes) -> Submission:
    return read_submission(xml.parse(data)[0])


def refusal(data: bytes) -> XdsRefused:
    with pytest.raises(XdsRefused) as caught:
        read(data)
    assert {error.code for error in caught.value.errors} == {ErrorCode.REGISTRY_METADATA_ERROR}
    return caught.value


@given(strategies.submissions())
def test_any_submission_reads_back_as_it_was_written(submission: Submission) -> None:
    assert read(write_submission(submission)) == submission


@given(strategies.entries())
def test_any_entry_reads_back_from_its_fragment(entry: DocumentEntry) -> None:
    assert read_entry(xml.parse(entry_fragment(entry).encode())) == entry


@given(strategies.entries())
def test_the_type_and_the_authors_are_read_alone_as_with_the_rest(entry: DocumentEntry) -> None:
    fragment = xml.parse(entry_fragment(entry).encode())
    assert read_heading(fragment) == (entry.type_code, entry.authors)


def test_a_full_submission_reads_back_as_it_was_written() -> None:
    assert read(write_submission(FULL)) == FULL


def built_with_lxml(entry: DocumentEntry) -> etree._Element:
    """The same entry, element by element: the oracle of the templates."""
    rim = ElementMaker(namespace=RIM, nsmap={"rim": RIM})
    lang = {"{http://www.w3.org/XML/1998/namespace}lang": "FR", "charset": "UTF8"}

    def slot(name: str, *values: str) -> etree._Element:
        return rim.Slot(rim.ValueList(*map(rim.Value, values)), name=name)

    def text(tag: str, value: str) -> list[etree._Element]:
        return [rim(tag, rim.LocalizedString(value=value, **lang))] if value else []

    def slots(owner: DocumentEntry | Author, places: object) -> list[etree._Element]:
        found = []
        for place in places:  # type: ignore[attr-defined]
            value = getattr(owner, place.field)
            if value not in ("", (), None):
                found.append(slot(place.name, *(value if place.kind == "many" else [str(value)])))
        return found + [slot(name, *values) for name, values in owner.extra_slots]

    root = rim.ExtrinsicObject(id=entry.id)
    for name, value in (
        ("lid", entry.logical_id),
        ("status", entry.status),
        ("mimeType", entry.mime_type),
        ("objectType", entry.object_type),
        ("home", entry.home_community_id),
    ):
        if value:
            root.set(name, str(value))
    root.set("isOpaque", "false")
    root.extend(slots(entry, ENTRY_FORM.slots))
    root.extend(text("Name", entry.title) + text("Description", entry.comments))
    if entry.version is not None:
        root.append(rim.VersionInfo(versionName=str(entry.version)))

    def classification(scheme: str, node: str, *children: etree._Element) -> None:
        root.append(
            rim.Classification(
                *children,
                id="?",
                classificationScheme=scheme,
                classifiedObject=entry.id,
                nodeRepresentation=node,
            )
        )

    for author in entry.authors:
        classification(ENTRY_FORM.author[0], "", *slots(author, AUTHOR_SLOTS))
    for place in ENTRY_FORM.codes:
        held = getattr(entry, place.field)
        for code in held if isinstance(held, tuple) else [held] if held else []:
            scheme = [slot("codingScheme", code.scheme)] if code.scheme else []
            classification(place.scheme, code.code, *scheme, *text("Name", code.display))
    for identifier in ENTRY_FORM.identifiers:
        if value := getattr(entry, identifier.field):
            root.append(
                rim.ExternalIdentifier(
                    *text("Name", identifier.name),
                    id="?",
                    registryObject=entry.id,
                    identificationScheme=identifier.scheme,
                    value=value,
                )
            )
    return root


@given(strategies.entries())
def test_the_template_of_an_entry_says_what_lxml_would_say(entry: DocumentEntry) -> None:
    fragment = xml.parse(entry_fragment(entry).encode())
    for child in fragment:
        if child.get("id"):
            child.set("id", "?")
    assert etree.tostring(fragment, method="c14n") == etree.tostring(
        built_with_lxml(entry), method="c14n"
    )


@pytest.mark.parametrize("entry", [ENTRY, REGISTERED])
def test_the_ids_inside_a_fragment_are_unique_and_always_the_same(entry: DocumentEntry) -> None:
    ids = [
        child.get("id")
        for child in xml.parse(entry_fragment(entry).encode()).iter()
        if child.get("id")
    ]
    assert len(ids) == len(set(ids))
    assert entry_fragment(entry) == entry_fragment(entry)
    if entry is REGISTERED:
        assert all(str(id_).startswith("urn:uuid:") for id_ in ids)
    else:
        assert not any(str(id_).startswith("urn:uuid:") for id_ in ids)


@pytest.fixture(scope="session")
def schema(examples: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(examples / "xds/xsd/XDS.b_DocumentRepository.xsd"))


@pytest.mark.parametrize("submission", [SUBMISSION, FULL, Submission(LOT, (REGISTERED,))])
def test_what_is_written_is_valid_against_the_schema_of_ebrim(
    schema: etree.XMLSchema, submission: Submission
) -> None:
    schema.assertValid(etree.fromstring(write_submission(submission)))


def test_an_association_without_id_is_given_one() -> None:
    nameless = replace(MEMBER, id="")
    back = read(write_submission(replace(SUBMISSION, associations=(nameless,))))
    assert back.associations[0].id
    assert replace(back.associations[0], id="") == nameless


def test_the_first_french_text_is_kept_when_there_are_several() -> None:
    one = '<rim:LocalizedString charset="UTF8" xml:lang="FR" value="Sortie"/>'
    several = '<rim:LocalizedString xml:lang="en" value="Discharge"/>' + one
    assert read(TEXT.replace(one, several).encode()).submission_set == FULL.submission_set


def test_a_lot_may_be_told_by_a_node_inside_its_package() -> None:
    node = (
        '<rim:Classification id="Lot01-node-1" classifiedObject="Lot01" '
        f'classificationNode="{SUBMISSION_SET_NODE}"/>'
    )
    assert node in TEXT
    inside = TEXT.replace(node, "").replace(
        '<rim:ExternalIdentifier id="Lot01-', node + '<rim:ExternalIdentifier id="Lot01-', 1
    )
    assert read(inside.encode()) == FULL


def test_object_refs_and_comments_are_passed_over() -> None:
    added = '<rim:RegistryObjectList xmlns:rim="' + RIM + '">'
    more = added + '<!-- c --><rim:ObjectRef id="urn:x"/>'
    assert read(TEXT.replace(added, more).encode()) == FULL


def test_white_space_around_a_value_is_layout() -> None:
    spaced = TEXT.replace("<rim:Value>fr-FR</rim:Value>", "<rim:Value>\n  fr-FR\t</rim:Value>")
    assert read(spaced.encode()) == FULL


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('id="Document01"', 'id=""', "has no id"),
        ('ExtrinsicObject id="Document02"', 'ExtrinsicObject id="Document01"', "same id"),
        ('classificationNode="urn:uuid:a54', 'classificationNode="urn:uuid:b54', "neither"),
        (' classificationNode="urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"', "", "needs a node"),
        ('name="languageCode"', 'name="creationTime"', "same name"),
        ('name="languageCode"', 'name=""', "no name"),
        (
            "<rim:Value>fr-FR</rim:Value>",
            "<rim:Value>fr</rim:Value><rim:Value>en</rim:Value>",
            "2 values",
        ),
        ("<rim:ValueList><rim:Value>fr-FR</rim:Value></rim:ValueList>", "", "no ValueList"),
        ('name="languageCode"', 'name="size"', "not a whole number"),
        ('"urn:uuid:93606bcf', '"urn:uuid:03606bcf', "no scheme known"),
        (
            '"urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4',
            '"urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a',
            "2 times",
        ),
        ('"urn:uuid:58a6f841', '"urn:uuid:08a6f841', "no scheme known"),
        (
            '"urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427',
            '"urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab',
            "twice",
        ),
        ('classifiedObject="Document01"', 'classifiedObject="Document02"', "another object"),
        ('registryObject="Document01"', 'registryObject="Document02"', "another object"),
        ('nodeRepresentation="11490-0"', "", "nodeRepresentation"),
        ('<rim:Slot name="codingScheme">', '<rim:Slot name="other">', "codingScheme"),
        ("AssociationType:HasMember", "AssociationType:HasMembers", "type of an association"),
        ("urn:uuid:abd807a3", "urn:uuid:0bd807a3", "classification of an association"),
        ("<rim:Description>", "<rim:Person/><rim:Description>", "Person has no place"),
        (
            "</rim:RegistryObjectList>",
            '<rim:Person id="p"/></rim:RegistryObjectList>',
            "not an object",
        ),
        ('mimeType="text/xml"', 'mimeType="text/xml" status="Draft"', "availabilityStatus"),
    ],
)
def test_broken_ebrim_is_refused_with_its_reason(old: str, new: str, reason: str) -> None:
    assert old in TEXT, "the test breaks nothing"
    broken = TEXT.replace(old, new, 1).encode()
    assert reason in str(refusal(broken))


@pytest.mark.parametrize("slot", ["submissionTime", "creationTime", "languageCode", "authorPerson"])
def test_a_slot_that_is_missing_leaves_its_attribute_empty(slot: str) -> None:
    submission = read(TEXT.replace(f'name="{slot}"', 'name="urn:other"').encode())
    lot, entry = submission.submission_set, submission.documents[0]
    assert lot is not None
    held = {
        "submissionTime": lot.submission_time,
        "creationTime": entry.creation_time,
        "languageCode": entry.language,
        "authorPerson": entry.authors[0].person,
    }
    assert held[slot] == ""


def test_two_lots_are_refused() -> None:
    package = TEXT[
        TEXT.index("<rim:RegistryPackage") : TEXT.index('<rim:RegistryPackage id="Folder01')
    ]
    second = package.replace("Lot01", "Lot02")
    assert "several" in str(refusal(TEXT.replace(package, package + second).encode()))


@pytest.mark.parametrize("tag", ["lcm:SubmitObjectsRequest", "rim:ExtrinsicObject"])
def test_another_element_than_a_list_is_refused(tag: str) -> None:
    element = xml.parse(write_submission(SUBMISSION))
    if tag == "rim:ExtrinsicObject":
        element = element[0][0]
    with pytest.raises(XdsRefused, match="RegistryObjectList"):
        read_submission(element)


def test_another_element_than_an_entry_is_no_entry() -> None:
    with pytest.raises(XdsRefused, match="ExtrinsicObject"):
        read_entry(xml.parse(write_submission(SUBMISSION)))


def test_a_text_that_xml_cannot_carry_is_not_written() -> None:
    with pytest.raises(xml.XmlError):
        entry_fragment(replace(ENTRY, title="a\x00b"))
