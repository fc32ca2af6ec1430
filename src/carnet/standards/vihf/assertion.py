"""What a VIHF says, and how it is written (spec dmp §4.1 and §4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from lxml import etree

from carnet.standards.ids import Ins
from carnet.standards.xds.metadata import Code

SAML: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
HL7: Final = "urn:hl7-org:v3"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

X509_SUBJECT: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
RESOURCE: Final = "urn:dmp"
#: confidentiality-code of a "connexion secrète" (spec dmp §4.2).
MINORS_SECRECY: Final = "INVISIBLE_REPRESENTANTS_LEGAUX"
ACCESS_MODES: Final = "1.2.250.1.213.1.1.4.248"  #: TRE_R248
SECTORS: Final = "1.2.250.1.71.4.2.4"  #: TRE_R02


class Mode(StrEnum):
    """How the user was proved (TRE_R218, and AIR; spec dmp §4.3)."""

    DIRECTE = "DIRECTE"
    INDIRECTE = "INDIRECTE"
    INDIRECTE_RENFORCEE = "INDIRECTE_RENFORCEE"  #: AIR and AIR simplifié
    DELEGUEE = "DELEGUEE"


class Purpose(StrEnum):
    """Why the record is opened (TRE_R248)."""

    NORMAL = "normal"
    BRIS_DE_GLACE = "bris_de_glace"
    CENTRE_15 = "centre_15"


@dataclass(frozen=True, slots=True)
class Software:
    """The calling software; `homologation` is its DMP number, which is secret.

    It is never logged, and no trace of an error shows it (EX_GEN-1490, EX_0.X-1110).
    """

    name: str
    version: str
    homologation: str = field(repr=False)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Vihf:
    """One assertion. Times are aware; `issuer` is an RFC 4514 name (empty: the signer's).

    `sector` is the code alone (`SA01`). `roles` are the profession, then the savoir-faire.
    `authn_decl` is the primary method in AIR: `CONF_EXI_PGSSIS` tells AIR simplifié, where the
    structure proves a professional without a card by two factors of its own (EX_AIR-050).
    """

    id: str
    name_id: str  #: idNat_PS, or structure/internal id
    issued_at: datetime
    authn_instant: datetime
    authn_class: str
    mode: Mode
    structure: str  #: Struct_IdNat
    sector: str
    roles: tuple[Code, ...]
    software: Software
    purpose: Purpose = Purpose.NORMAL
    patient: Ins | None = None
    subject_id: str = ""
    authn_decl: str = ""
    secret_connection: bool = False
    not_before: datetime | None = None
    not_on_or_after: datetime | None = None
    version: str = "3.0"
    issuer: str = ""


class Name(StrEnum):
    """`Attribute/@Name` of each attribute (spec dmp §4.2)."""

    VERSION = "VIHF_Version"
    MODE = "Authentification_mode"
    MODE_AS_IN_TABLE = "Authentification_Mode"
    STRUCTURE = "Identifiant_Structure"
    SECTOR = "Secteur_Activite"
    ROLE = "urn:oasis:names:tc:xacml:2.0:subject:role"
    PATIENT = "urn:oasis:names:tc:xacml:2.0:resource:resource-id"
    RESOURCE = "Ressource_URN"
    PURPOSE = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"
    SUBJECT = "urn:oasis:names:tc:xspa:1.0:subject:subject-id"
    CONFIDENTIALITY = "urn:oasis:names:tc:xspa:1.0:resource:patient:hl7:confidentiality-code"
    SOFTWARE_ID = "LPS_ID"
    SOFTWARE_NAME = "LPS_Nom"
    SOFTWARE_VERSION = "LPS_Version"
    HOMOLOGATION = "LPS_ID_HOMOLOGATION_DMP"


def build(vihf: Vihf) -> etree._Element:
    """The `saml:Assertion` without its signature, which `signature.sign` puts after the Issuer."""
    root = etree.Element(
        _saml("Assertion"),
        {"ID": vihf.id, "IssueInstant": _instant(vihf.issued_at), "Version": "2.0"},
        nsmap={"saml": SAML},
    )
    _text(root, "Issuer", vihf.issuer, Format=X509_SUBJECT)
    _text(etree.SubElement(root, _saml("Subject")), "NameID", vihf.name_id)
    conditions = etree.SubElement(root, _saml("Conditions"))
    if vihf.not_before is not None:
        conditions.set("NotBefore", _instant(vihf.not_before))
    if vihf.not_on_or_after is not None:
        conditions.set("NotOnOrAfter", _instant(vihf.not_on_or_after))
    statement = etree.SubElement(
        root, _saml("AuthnStatement"), {"AuthnInstant": _instant(vihf.authn_instant)}
    )
    context = etree.SubElement(statement, _saml("AuthnContext"))
    _text(context, "AuthnContextClassRef", vihf.authn_class)
    if vihf.authn_decl:
        _text(context, "AuthnContextDecl", vihf.authn_decl)
    attributes = etree.SubElement(root, _saml("AttributeStatement"))
    for name, value in _texts(vihf):
        attribute = etree.SubElement(attributes, _saml("Attribute"), {"Name": name})
        _text(attribute, "AttributeValue", value)
    _coded(attributes, Name.ROLE, "Role", vihf.roles)
    _coded(attributes, Name.PURPOSE, "PurposeOfUse", [_purpose(vihf.purpose)])
    return root


def _texts(vihf: Vihf) -> Iterator[tuple[Name, str]]:
    yield Name.VERSION, vihf.version
    yield Name.MODE, vihf.mode
    yield Name.STRUCTURE, vihf.structure
    yield Name.SECTOR, f"{vihf.sector}^{SECTORS}"
    yield Name.RESOURCE, RESOURCE
    if vihf.patient is not None:
        yield Name.PATIENT, vihf.patient.cx
    if vihf.subject_id:
        yield Name.SUBJECT, vihf.subject_id
    if vihf.secret_connection:
        yield Name.CONFIDENTIALITY, MINORS_SECRECY
    if vihf.software.id:
        yield Name.SOFTWARE_ID, vihf.software.id
    yield Name.SOFTWARE_NAME, vihf.software.name
    yield Name.SOFTWARE_VERSION, vihf.software.version
    yield Name.HOMOLOGATION, vihf.software.homologation


def _purpose(purpose: Purpose) -> Code:
    labels = {
        Purpose.NORMAL: "Accès normal",
        Purpose.BRIS_DE_GLACE: "Accès en bris de glace",
        Purpose.CENTRE_15: "Accès par un centre de régulation médicale",
    }
    return Code(purpose, ACCESS_MODES, labels[purpose])


def _coded(parent: etree._Element, name: Name, tag: str, codes: Iterable[Code]) -> None:
    attribute = etree.SubElement(parent, _saml("Attribute"), {"Name": name})
    for code in codes:
        value = etree.SubElement(attribute, _saml("AttributeValue"))
        coded = etree.SubElement(value, f"{{{HL7}}}{tag}", nsmap={None: HL7, "xsi": XSI})
        coded.set(f"{{{XSI}}}type", "CE")
        coded.set("code", code.code)
        coded.set("codeSystem", code.scheme)
        if name is Name.PURPOSE:
            coded.set("codeSystemName", "mode acces VIHF 2.0")
        coded.set("displayName", code.display)


def _saml(tag: str) -> str:
    return f"{{{SAML}}}{tag}"


def _text(parent: etree._Element, tag: str, text: str, **attributes: str) -> None:
    etree.SubElement(parent, _saml(tag), attributes).text = text


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
