"""For each rule of the tables, one way to break it, and it alone."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from tests.standards.cda.letters import (
    MATRICULE,
    NAMESPACES,
    narrative,
    perfect,
    self_presenting,
    structured,
)

Edit = Callable[[etree._Element], None]
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
INS = "h:recordTarget/h:patientRole/h:id[1]"
NAME = "h:recordTarget/h:patientRole/h:patient/h:name"
PERSON = "h:legalAuthenticator/h:assignedEntity/h:assignedPerson"
CUSTODIAN = "h:custodian/h:assignedCustodian/h:representedCustodianOrganization"
SERVICE = "h:documentationOf/h:serviceEvent"
ENCOUNTER = "h:componentOf/h:encompassingEncounter"
BODY = "h:component/h:nonXMLBody/h:text"


def without_ins() -> bytes:
    return _edited(perfect(), _drop(INS))


def _edited(document: bytes, *edits: Edit) -> bytes:
    root = etree.fromstring(document)
    for edit in edits:
        edit(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _find(root: etree._Element, path: str) -> list[etree._Element]:
    found = root.xpath(path, namespaces=NAMESPACES)
    assert found, path
    return found


def _drop(path: str) -> Edit:
    def edit(root: etree._Element) -> None:
        for element in _find(root, path):
            element.getparent().remove(element)

    return edit


def _set(path: str, **attributes: str | None) -> Edit:
    def edit(root: etree._Element) -> None:
        for element in _find(root, path):
            for name, value in attributes.items():
                if value is None:
                    del element.attrib[name]
                else:
                    element.set(name, value)

    return edit


def _say(path: str, text: str) -> Edit:
    def edit(root: etree._Element) -> None:
        _find(root, path)[0].text = text

    return edit


def _twin(path: str, **attributes: str) -> Edit:
    def edit(root: etree._Element) -> None:
        first = _find(root, path)[0]
        copy = etree.fromstring(etree.tostring(first, with_tail=False))
        copy.attrib.update(attributes)
        first.addnext(copy)

    return edit


def _add(path: str, xml: str) -> Edit:
    def edit(root: etree._Element) -> None:
        wrapped = etree.fromstring(
            f'<x xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc">{xml}</x>'
        )
        _find(root, path)[0].extend(wrapped)

    return edit


def _last(path: str) -> Edit:
    def edit(root: etree._Element) -> None:
        element = _find(root, path)[0]
        element.getparent().append(element)

    return edit


def _letter(*edits: Edit) -> tuple[Callable[[], bytes], Callable[[bytes], bytes]]:
    return perfect, lambda document: _edited(document, *edits)


def _unqualified(*edits: Edit) -> tuple[Callable[[], bytes], Callable[[bytes], bytes]]:
    return without_ins, lambda document: _edited(document, *edits)


def _level_3(*edits: Edit) -> tuple[Callable[[], bytes], Callable[[bytes], bytes]]:
    return structured, lambda document: _edited(document, *edits)


def _presented(**changes: object) -> tuple[Callable[[], bytes], Callable[[bytes], bytes]]:
    return lambda: self_presenting(perfect()), lambda _: self_presenting(perfect(), **changes)


def _template(root: str) -> str:
    return f"h:templateId[@root='{root}']"


_DEVICE = (
    "<assignedAuthoringDevice><manufacturerModelName>M</manufacturerModelName>{}"
    "</assignedAuthoringDevice>"
)
_AUTHOR = "h:author/h:assignedAuthor"

#: Rule to (what is right, what makes it break that rule only).
BREAKERS: dict[str, tuple[Callable[[], bytes], Callable[[bytes], bytes]]] = {
    # document
    "encoding": (
        perfect,
        lambda d: etree.tostring(etree.fromstring(d), encoding="ISO-8859-1", xml_declaration=True),
    ),
    "schema-location": _letter(lambda root: root.set(f"{XSI}schemaLocation", "urn:hl7-org:v3 x")),
    "external-stylesheet": (
        perfect,
        lambda d: d.replace(b"?>", b'?><?xml-stylesheet type="text/xsl" href="cda.xsl"?>', 1),
    ),
    "self-presenting": (perfect, self_presenting),
    "self-presenting-prologue": _presented(prologue=False),
    "self-presenting-script": _presented(presentation=b"<script>alert(1)</script>"),
    "self-presenting-link": _presented(presentation=b'<img src="http://exemple.test/a.png"/>'),
    "realm-code": _letter(_set("h:realmCode", code="US")),
    "type-id": _letter(_set("h:typeId", extension="POCD_HD000041")),
    "template-hl7-france": _letter(_drop(_template("2.16.840.1.113883.2.8.2.1"))),
    "template-ci-sis": _letter(_drop(_template("1.2.250.1.213.1.1.1.1"))),
    "template-model": _level_3(_drop(_template("1.2.250.1.213.1.1.1.29"))),
    "template-level-1": _letter(_drop(_template("1.3.6.1.4.1.19376.1.2.20"))),
    "template-level-1-only": _letter(_twin("h:templateId[3]", root="1.2.250.1.213.1.1.1.29")),
    "document-id": _letter(_twin("h:id", root="1.2.3.4")),
    "document-id-oid": _letter(_set("h:id", extension="A1")),
    "document-code": _letter(_set("h:code", nullFlavor="UNK")),
    "document-code-complete": _letter(_set("h:code", displayName=None)),
    "document-code-known": _letter(_set("h:code", code="ZZZ")),
    "document-code-label": _letter(_set("h:code", displayName="Une lettre")),
    "title": _letter(_say("h:title", " ")),
    "title-length": _letter(_say("h:title", "é" * 129)),
    "effective-time": _letter(_set("h:effectiveTime", value="20240308163005")),
    "confidentiality": _letter(_set("h:confidentialityCode", code="L")),
    "language": _letter(_set("h:languageCode", code="fr")),
    "set-id": _letter(_set("h:setId", root=None)),
    "version-number": _letter(_set("h:versionNumber", value="1.5")),
    "copy-time": _letter(_add(".", '<copyTime value="2024"/>')),
    "null-flavor": _letter(_set(f"{CUSTODIAN}/h:telecom", nullFlavor="OTH")),
    "root-shape": _letter(_set(f"{ENCOUNTER}/h:id", root="sejours")),
    "code-system-shape": _letter(_set(f"{SERVICE}/h:code", codeSystem="ActCode")),
    "telecom": _letter(_set(f"{CUSTODIAN}/h:telecom", value="0100000000")),
    # patient
    "record-target": _letter(_twin("h:recordTarget")),
    "patient-id": _letter(
        _set("h:recordTarget/h:patientRole/h:id", root=None, extension=None, nullFlavor="UNK")
    ),
    "patient-id-complete": _letter(_set("h:recordTarget/h:patientRole/h:id[2]", extension=None)),
    "patient-ins": _letter(_drop(INS)),
    "patient-ins-single": _letter(_twin(INS)),
    "patient-ins-first": _letter(_last(INS)),
    "patient-ins-shape": _letter(_set(INS, extension=MATRICULE[:13])),
    "patient-ins-key": _letter(_set(INS, extension=MATRICULE[:13] + "00")),
    "ins-birth-family": _letter(_drop(f"{NAME}/h:family[@qualifier='BR']")),
    "ins-birth-givens": _letter(_drop(f"{NAME}/h:given[not(@qualifier)]")),
    "ins-first-given": _letter(_drop(f"{NAME}/h:given[@qualifier='BR']")),
    "ins-birth-place": _letter(
        _say("h:recordTarget/h:patientRole/h:patient/h:birthplace/h:place/h:addr/h:county", "PARIS")
    ),
    "patient-name": _letter(_set(NAME, nullFlavor="UNK")),
    "patient-family": _unqualified(_drop(f"{NAME}/h:family")),
    "patient-given": _unqualified(_drop(f"{NAME}/h:given")),
    "patient-family-qualifier": _letter(_set(f"{NAME}/h:family[@qualifier='CL']", qualifier="SP")),
    "patient-given-qualifier": _letter(_set(f"{NAME}/h:given[@qualifier='CL']", qualifier="SP")),
    "patient-gender": _letter(_set("//h:patient/h:administrativeGenderCode", code="X")),
    "patient-birth-time": _letter(_set("//h:patient/h:birthTime", value="19791301")),
    "patient-forbidden": _letter(_add("//h:patient", '<raceCode nullFlavor="UNK"/>')),
    "patient-once": _letter(
        _add("//h:patient", '<sdtc:deceasedInd value="false"/><sdtc:deceasedInd value="true"/>')
    ),
    # people
    "author": _letter(_set("h:author", nullFlavor="UNK")),
    "author-time": _letter(_drop("h:author/h:time")),
    "author-id": _letter(_drop(f"{_AUTHOR}/h:id")),
    "author-code": _letter(_drop(f"{_AUTHOR}/h:code")),
    "author-function": _letter(_set("h:author/h:functionCode", code="ZZZ")),
    "author-function-professional": _letter(
        _drop(f"{_AUTHOR}/h:assignedPerson"),
        _add(_AUTHOR, _DEVICE.format("<softwareName>L</softwareName>")),
    ),
    "author-identity": _letter(_drop(f"{_AUTHOR}/h:assignedPerson")),
    "author-device": _letter(
        _drop("h:author/h:functionCode"),
        _drop(f"{_AUTHOR}/h:assignedPerson"),
        _add(_AUTHOR, _DEVICE.format("")),
    ),
    "person-name": _letter(_drop(f"{PERSON}/h:name")),
    "person-name-parts": _letter(_twin(f"{PERSON}/h:name/h:given")),
    "profession-code": _letter(_set("h:legalAuthenticator/h:assignedEntity/h:code", code="ZZZ")),
    "professional-id": _letter(_set("//h:intendedRecipient/h:id", extension="RPPS 1")),
    "structure-id": _letter(_set("h:author//h:representedOrganization/h:id", extension="FINESS")),
    "data-enterer": _letter(_add(".", "<dataEnterer/><dataEnterer/>")),
    "custodian": _letter(_set(CUSTODIAN, nullFlavor="UNK")),
    "custodian-id": _letter(_set(f"{CUSTODIAN}/h:id", root="1.2.3.4")),
    "custodian-extension": _letter(_set(f"{CUSTODIAN}/h:id", extension=None)),
    "custodian-dmp": _letter(_set(f"{CUSTODIAN}/h:id", root="1.2.250.1.213.4.1")),
    "custodian-once": _letter(_twin(f"{CUSTODIAN}/h:name")),
    "legal-authenticator": _letter(_set("h:legalAuthenticator/h:signatureCode", code="X")),
    "legal-time": _letter(_drop("h:legalAuthenticator/h:time")),
    "people-time-offset": _letter(_set("h:author/h:time", value="202403081630")),
    "legal-id": _letter(_drop("h:legalAuthenticator/h:assignedEntity/h:id")),
    # care
    "documentation": _letter(_set("h:documentationOf", nullFlavor="UNK")),
    "service-single": _letter(_add(".", "<documentationOf/>")),
    "service-time": _letter(_drop(f"{SERVICE}/h:effectiveTime/h:low")),
    "service-code": _letter(
        _set("h:code", code="18748-4", displayName="CR d'imagerie médicale"),
        _drop(f"{SERVICE}/h:code"),
    ),
    "service-code-complete": _letter(_set(f"{SERVICE}/h:code", codeSystem=None)),
    "performer": _letter(_set(f"{SERVICE}/h:performer", typeCode="SPRF")),
    "performer-id": _letter(_drop(f"{SERVICE}/h:performer/h:assignedEntity/h:id")),
    "practice-setting": _letter(_drop(f"{SERVICE}//h:standardIndustryClassCode")),
    "practice-setting-known": _letter(_set("h:author//h:standardIndustryClassCode", code="ZZZ")),
    "interval-order": _letter(
        _set(f"{ENCOUNTER}/h:effectiveTime/h:high", value="20240304075959+0100")
    ),
    "related-document": _letter(_twin("h:relatedDocument")),
    "related-type": _letter(_set("h:relatedDocument", typeCode="APND")),
    "related-parent": _letter(_drop("h:relatedDocument/h:parentDocument/h:id")),
    "related-self": _letter(
        _set("h:relatedDocument/h:parentDocument/h:id", root="1.2.250.1.213.1.1.9.2024.1.2")
    ),
    "related-version": _letter(_set("h:versionNumber", value="1")),
    "encounter": _letter(_set(ENCOUNTER, nullFlavor="UNK")),
    "encounter-time": _letter(_drop(f"{ENCOUNTER}/h:effectiveTime")),
    "encounter-code": _letter(_set(f"{ENCOUNTER}/h:code", code="ZZZ")),
    "discharge-disposition": _letter(
        _add(ENCOUNTER, '<dischargeDispositionCode code="1" codeSystem="1.2.3.4"/>')
    ),
    "facility": _letter(_set("//h:healthCareFacility/h:code", code="ZZZ")),
    # body
    "body": _letter(_add("h:component", "<structuredBody/>")),
    "level-1-text": _letter(_twin(BODY)),
    "level-1-media-type": _letter(_set(BODY, mediaType="application/zip")),
    "level-1-content": _letter(_say(BODY, "ceci n'est pas de la base64")),
    "level-1-format": _letter(_set(BODY, mediaType="image/jpeg")),
    "pdf-copy": _level_3(_say("//h:observationMedia[@ID='COPIE']/h:value", "AAAA")),
    "narrative-script": (
        lambda: narrative("Rien."),
        lambda _: narrative("<script>alert(1)</script>"),
    ),
    "narrative-link": (
        lambda: narrative("Rien."),
        lambda _: narrative('<linkHtml href=" java&#10;script:alert(1)">ici</linkHtml>'),
    ),
}
