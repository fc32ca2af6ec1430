"""What a message says, once read: patients, movements, wishes, documents to send.

`pam` fills the first part (IHE PAM France 2.11), `documents` the second (CISIS_CDA_HL7_V2).
Everything is text as received, decoded and unescaped; INS and dates are checked values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from carnet.standards.hl7v2.errors import Problem
from carnet.standards.ids import Ins


@dataclass(frozen=True, slots=True)
class LocalId:
    """An identifier given by an authority: `value`, the authority's name and its OID or FINESS."""

    value: str
    authority: str = ""
    authority_id: str = ""
    type: str = "PI"

    @property
    def domain(self) -> str:
        """What distinguishes this authority from another: its id, or its name when it has none."""
        return self.authority_id or self.authority


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """PID, as spec identity §5.3. `ins` is only set when it may be trusted (VALI, traits, key)."""

    local_ids: tuple[LocalId, ...]
    birth_name: str
    first_given_name: str
    given_names: str = ""
    used_name: str = ""
    used_given_name: str = ""
    birth_date: str = ""  #: YYYYMMDD as received
    sex: str = ""  #: F, M or U
    birth_place: str = ""  #: COG
    ins: Ins | None = None
    ins_refused: str = ""  #: why an INS that was present was left out, for the work list
    reliability: tuple[str, ...] = ()  #: PID-32: VALI or PROV first, then HOMA, DOUT, FICT…
    account: LocalId | None = None  #: PID-18, dossier administratif
    address: str = ""
    phones: tuple[str, ...] = ()
    deceased: bool = False


class Feeding(StrEnum):
    """ZFA-9: may the record be fed?"""

    NOT_COLLECTED = "NA"
    OPPOSED = "IO"
    NOT_OPPOSED = "INO"


class Consultation(StrEnum):
    """ZFA-11: may the record be read?"""

    NOT_COLLECTED = "NA"
    REFUSED = "INC"
    CONSENTED = "IC"


@dataclass(frozen=True, slots=True)
class Wishes:
    """ZFA: the patient's wishes about the shared record (spec identity §5.7)."""

    feeding: Feeding = Feeding.NOT_COLLECTED
    consultation: Consultation = Consultation.NOT_COLLECTED


@dataclass(frozen=True, slots=True)
class Movement:
    """ZBE: one movement of the stay (spec identity §5.5)."""

    ids: tuple[LocalId, ...]
    at: str
    action: str  #: INSERT, UPDATE or CANCEL
    historic: bool
    original_event: str = ""
    medical_unit: str = ""
    nursing_unit: str = ""
    nature: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """ZFD: how the identity was obtained and proved (PAM.FR 6.18; spec identity §5.6)."""

    obtained: str = ""  #: ZFD-5: SM, CV, INSI, CB or RFID
    insi_at: str = ""  #: ZFD-6, when INSi was asked (TS)
    document: str = ""  #: ZFD-7: CN, PA, CS, CE, AN, LE, CC, CM, PC or TC
    document_ends: str = ""  #: ZFD-8 (TS)


@dataclass(frozen=True, slots=True)
class AdtEvent:
    """One ADT message."""

    trigger: str  #: A01, A28, A47, Z99…
    control_id: str  #: MSH-10
    recorded_at: str  #: EVN-2
    patient: PatientIdentity
    prior_ids: tuple[LocalId, ...] = ()  #: MRG-1, local ids (A40, A47)
    prior_ins: Ins | None = None  #: MRG-1, when it is an INS (A47)
    removes_ins: bool = False  #: A47 with `""` as INS
    visit: LocalId | None = None  #: PV1-19
    patient_class: str = ""  #: PV1-2
    movement: Movement | None = None
    wishes: Wishes | None = None
    evidence: Evidence | None = None  #: written in A28 and A31
    warnings: tuple[Problem, ...] = ()  #: for the ERR segments of an AA


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that is well formed and asks nothing of us: acknowledge it with AA, do nothing.

    Receivers ignore the trigger events that they do not handle (PAM.FR; spec identity §5.1).
    """

    trigger: str
    control_id: str


class Action(StrEnum):
    """What to do with the document: event, ORC-1 and OBX-11 must agree (spec identity §5.8)."""

    NEW = "F"
    REPLACE = "C"
    DELETE = "D"


@dataclass(frozen=True, slots=True)
class Flags:
    """The `MetaDMPMSS` observations (spec identity §5.9)."""

    masked_to_professionals: bool = False
    hidden_from_patient: bool = False
    hidden_from_representatives: bool = False
    secret_connection: bool = False
    visibility_changed: bool = False
    to_record: bool = False
    to_professionals: bool = False
    to_patient: bool = False
    patient_may_not_reply: bool = False  #: NTE-4 `FIN` after DESTMSSANTEPAT
    ack_reception: bool = False
    ack_reading: bool = False


#: Table 0203 type of a structure's number -> prefix of its idNat_Struct (TRE_G07), length.
_STRUCTURE_PREFIXES: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {
        "FINEG": ("1", 9),
        "FINEJ": ("1", 9),
        "FINESS": ("1", 9),
        "SIREN": ("2", 9),
        "SIRET": ("3", 14),
    }
)


@dataclass(frozen=True, slots=True)
class Party:
    """A person or structure of a PRT segment, with its mail address when it has one."""

    person_id: str = ""
    person_id_type: str = ""  #: RPPS, IDNPS, INS…
    family: str = ""
    given: str = ""
    structure_id: str = ""
    structure_id_type: str = ""  #: FINEG, FINEJ, IDNST…
    structure_name: str = ""
    device_id: str = ""
    mail: str = ""

    @property
    def is_patient(self) -> bool:
        """Whether this is the patient: named by an INS, or a mailbox of the patients' domain."""
        return self.person_id_type == "INS" or self.mail.partition("@")[2].startswith("patient.")

    @property
    def ps_idnat(self) -> str:
        """The national identifier of the professional (idNat_PS), or an empty text.

        Published messages type an identifier with its prefix `8` as RPPS: it is not prefixed twice.
        """
        if self.person_id_type == "IDNPS":
            return self.person_id
        if self.person_id_type == "RPPS":
            return self.person_id if len(self.person_id) == 12 else f"8{self.person_id}"
        return ""

    @property
    def struct_idnat(self) -> str:
        """The national identifier of the structure (idNat_Struct), or an empty text.

        Published messages type an identifier with its prefix as FINEG: it is not prefixed twice.
        """
        if self.structure_id_type == "IDNST":
            return self.structure_id
        prefix, length = _STRUCTURE_PREFIXES.get(self.structure_id_type, ("", 0))
        if prefix and len(self.structure_id) == length:
            return prefix + self.structure_id
        return self.structure_id if len(self.structure_id) == length + 1 else ""


@dataclass(frozen=True, slots=True)
class CarriedDocument:
    """The bytes in OBX-5."""

    media_type: str  #: `text/xml` (CDA) or `application/pdf`
    data: bytes
    code: str = ""  #: OBX-3.1
    display: str = ""
    system: str = ""  #: OBX-3.3


@dataclass(frozen=True, slots=True)
class DocumentEvent:
    """One MDM or ORU message that carries a document to send."""

    trigger: str  #: T02, T04, T10, R01
    control_id: str
    action: Action
    patient: PatientIdentity
    documents: tuple[CarriedDocument, ...]
    type_code: str
    type_display: str
    type_system: str
    flags: Flags
    document_id: str = ""  #: TXA-12
    parent_id: str = ""  #: TXA-13
    title: str = ""
    activity_time: str = ""  #: TXA-4, OBR-7 or EVN-2
    patient_class: str = ""
    visit: LocalId | None = None
    admitted_at: str = ""
    discharged_at: str = ""
    sender: Party | None = None  #: PRT `SB`
    recipients: tuple[Party, ...] = ()  #: PRT `RCT`
    reply_to: Party | None = None
    body_for_professionals: str = ""
    body_for_patient: str = ""
    warnings: tuple[Problem, ...] = ()  #: for the ERR segments of an AA
    author: Party | None = field(default=None)  #: TXA-5/9, OBR-16/32 when there is no CDA to say it
