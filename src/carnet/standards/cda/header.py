"""What the header of a CDA document says (spec dmp §5.1), read once into frozen dataclasses.

Every field that XDS metadata, an XDM envelope or a page needs is here, from level 1, level 3,
"autoprésentable" and signed documents alike. Times keep the text of the document (HL7 TS, with
its offset). Reading does not judge: see `validation`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Id:
    """An instance identifier: `root` (OID) and `extension` when there is one."""

    root: str
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Coded:
    """A coded element; `null_flavor` is set instead of `code` when the value is unknown."""

    code: str
    system: str = ""
    display: str = ""
    system_name: str = ""
    null_flavor: str = ""
    translations: tuple[Coded, ...] = ()


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name, each part with its qualifier (BR birth, CL usual, SP spouse, or none)."""

    families: tuple[tuple[str, str], ...] = ()  #: (qualifier, text)
    givens: tuple[tuple[str, str], ...] = ()
    prefix: str = ""
    suffix: str = ""

    def family(self, *qualifiers: str) -> str:
        """The first family name whose qualifier is one of these, in this order of preference."""
        return _pick(self.families, qualifiers)

    def given(self, *qualifiers: str) -> str:
        """The first given name whose qualifier is one of these, in this order of preference."""
        return _pick(self.givens, qualifiers)


def _pick(parts: tuple[tuple[str, str], ...], qualifiers: tuple[str, ...]) -> str:
    wanted = qualifiers or ("", "BR", "CL", "SP")
    return next((text for q in wanted for key, text in parts if key == q), "")


@dataclass(frozen=True, slots=True)
class Organization:
    """A structure: its ids, its name, its field of activity."""

    ids: tuple[Id, ...] = ()
    name: str = ""
    industry: Coded | None = None  #: standardIndustryClassCode (cadre d'exercice)
    telecoms: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True)
class Participant:
    """An assigned person, device or structure: author, legal authenticator, performer…"""

    ids: tuple[Id, ...] = ()
    name: Name | None = None
    device: str = ""  #: softwareName, when the author is a system
    device_model: str = ""
    code: Coded | None = None  #: profession and savoir-faire
    function: Coded | None = None  #: functionCode, the role towards the patient
    organization: Organization | None = None
    time: str = ""
    telecoms: tuple[str, ...] = ()
    type: str = ""  #: @typeCode of the participation (INF, PRF, REF…), when written


@dataclass(frozen=True, slots=True)
class Patient:
    """recordTarget: ids as written (the INS first when the document is shared) and traits."""

    ids: tuple[Id, ...] = ()
    name: Name = field(default_factory=Name)
    gender: str = ""  #: F, M or UN
    birth_time: str = ""
    birth_place: str = ""  #: COG code (birthplace/place/addr/county)
    telecoms: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """An act the document is about (documentationOf/serviceEvent)."""

    start: str = ""
    stop: str = ""
    code: Coded | None = None
    performer: Participant | None = None
    ids: tuple[Id, ...] = ()  #: of the act; the Study Instance UID for imaging


@dataclass(frozen=True, slots=True)
class Encounter:
    """The stay or visit (componentOf/encompassingEncounter)."""

    ids: tuple[Id, ...] = ()
    code: Coded | None = None
    start: str = ""
    stop: str = ""
    facility: Coded | None = None  #: healthCareFacility/code (secteur d'activité)
    facility_name: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """relatedDocument: this document replaces (RPLC) or transforms (XFRM) `parent`."""

    type: str
    parent: Id
    parent_set_id: Id | None = None
    parent_version: str = ""


class Form(StrEnum):
    """How the bytes wrap the ClinicalDocument."""

    PLAIN = "plain"
    SELF_PRESENTING = "autoprésentable"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one document."""

    form: Form
    id: Id
    code: Coded
    title: str
    effective_time: str
    confidentiality: Coded
    language: str
    patient: Patient
    authors: tuple[Participant, ...]
    custodian: Organization
    legal_authenticator: Participant | None
    services: tuple[ServiceEvent, ...]
    encounter: Encounter | None
    set_id: Id | None = None
    version: str = ""
    realm: str = ""
    type_id: Id | None = None
    templates: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    recipients: tuple[Participant, ...] = ()
    participants: tuple[Participant, ...] = ()
    orders: tuple[Id, ...] = ()  #: inFulfillmentOf/order/id
    accessions: tuple[Id, ...] = ()  #: inFulfillmentOf/order/ps3-20:accessionNumber
    level: int = 3  #: 1 (nonXMLBody) or 3 (structuredBody)
    body_media_type: str = ""  #: level 1 only
