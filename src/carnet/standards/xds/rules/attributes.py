"""What each attribute must be, by profile: data, that one loop applies (see `rules.check`).

`FR_DMP` is the profile of the DMP for a submission (spec dmp §3.4 to §3.6), `FR_UPDATE` that of an
update, whose entry is also judged beside the one registered (spec dmp §3.9). `IHE` is what any
XDS.b submission must have, `IHE_REGISTRATION` what a repository adds before it registers one
(ITI TF-3, table 4.3.1.1-3, columns of ITI-41 and ITI-42).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from carnet.standards.xds.rules import forms
from carnet.standards.xds.rules.forms import Form


class Profile(StrEnum):
    """Whose rules apply."""

    FR_DMP = "FR_DMP"
    FR_UPDATE = "FR_UPDATE"
    IHE = "IHE"
    IHE_REGISTRATION = "IHE_REGISTRATION"


FR_DMP: Final = Profile.FR_DMP
FR_UPDATE: Final = Profile.FR_UPDATE
IHE: Final = Profile.IHE
IHE_REGISTRATION: Final = Profile.IHE_REGISTRATION

Owner = Literal[
    "DocumentEntry",
    "DocumentEntry.author",
    "SubmissionSet",
    "SubmissionSet.author",
    "Folder",
]


@dataclass(frozen=True, slots=True)
class Demand:
    """How many values (`1..1`, `0..*`), in which form, from which value set of `nos`."""

    cardinality: str
    form: Form | None = None
    values: str = ""

    lowest: int = field(init=False)  #: the fewest values allowed
    highest: int | None = field(init=False)  #: the most; None when there is no bound

    def __post_init__(self) -> None:
        low, _, high = self.cardinality.partition("..")
        object.__setattr__(self, "lowest", int(low))
        object.__setattr__(self, "highest", None if high == "*" else int(high))


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """The demands on one attribute; a profile that is absent makes none."""

    owner: Owner
    attribute: str  #: its name in ITI TF-3
    field: str  #: its name in our dataclass
    demands: Mapping[Profile, Demand]
    source: str

    @property
    def name(self) -> str:
        """`DocumentEntry.typeCode`."""
        return f"{self.owner}.{self.attribute}"


def _entry(attribute: str, field: str, fr: Demand, ihe: Demand) -> AttributeRule:
    demands = {FR_DMP: fr, IHE: ihe, IHE_REGISTRATION: ihe}
    return AttributeRule("DocumentEntry", attribute, field, demands, "dmp §3.4")


def _of_repository(attribute: str, field: str, form: Form | None = None) -> AttributeRule:
    """What a source may leave to the repository, which says it when it registers the entry."""
    may, must = Demand("0..1", form), Demand("1..1", form)
    demands = {FR_DMP: may, IHE: may, IHE_REGISTRATION: must}
    return AttributeRule("DocumentEntry", attribute, field, demands, "ITI TF-3 4.2.3.2")


def _lot(attribute: str, field: str, fr: Demand, ihe: Demand) -> AttributeRule:
    demands = {FR_DMP: fr, FR_UPDATE: fr, IHE: ihe, IHE_REGISTRATION: ihe}
    return AttributeRule("SubmissionSet", attribute, field, demands, "dmp §3.5")


def _folder(attribute: str, field: str, fr: Demand, ihe: Demand) -> AttributeRule:
    demands = {FR_DMP: fr, IHE: ihe, IHE_REGISTRATION: ihe}
    return AttributeRule("Folder", attribute, field, demands, "dmp §3.6")


def _authors(
    attribute: str, field: str, fr: Demand, ihe: Demand
) -> tuple[AttributeRule, AttributeRule]:
    """An author is the same thing in an entry and in a lot (spec dmp §3.4, §3.5)."""
    demands = {FR_DMP: fr, FR_UPDATE: fr, IHE: ihe, IHE_REGISTRATION: ihe}
    return (
        AttributeRule("DocumentEntry.author", attribute, field, demands, "dmp §3.4, §3.7"),
        AttributeRule("SubmissionSet.author", attribute, field, demands, "dmp §3.5, §3.7"),
    )


_ONE: Final = Demand("1..1")
_ANY: Final = Demand("0..1")
_CONFIDENTIALITY: Final = Demand("1..4", values="confidentiality_codes")

ATTRIBUTES: Final[tuple[AttributeRule, ...]] = (
    _entry("author", "authors", Demand("1..*"), Demand("0..*")),
    _entry("classCode", "class_code", Demand("1..1", values="class_codes"), _ONE),
    _entry("comments", "comments", _ANY, _ANY),
    AttributeRule(
        "DocumentEntry",
        "confidentialityCode",
        "confidentiality",
        {
            FR_DMP: _CONFIDENTIALITY,
            FR_UPDATE: _CONFIDENTIALITY,
            IHE: Demand("1..*"),
            IHE_REGISTRATION: Demand("1..*"),
        },
        "dmp §3.4",
    ),
    _entry(
        "creationTime", "creation_time", Demand("1..1", forms.SECOND), Demand("1..1", forms.TIME)
    ),
    _entry("eventCodeList", "events", Demand("0..*"), Demand("0..*")),
    _entry("formatCode", "format_code", Demand("1..1", values="format_codes"), _ONE),
    _of_repository("hash", "hash", forms.SHA1),
    _of_repository("size", "size"),
    _of_repository("repositoryUniqueId", "repository_unique_id"),
    _entry(
        "healthcareFacilityTypeCode",
        "facility_type",
        Demand("1..1", values="facility_types"),
        _ONE,
    ),
    _entry(
        "languageCode",
        "language",
        Demand("1..1", forms.LANGUAGE),
        Demand("1..1"),
    ),
    _entry("legalAuthenticator", "legal_authenticator", Demand("1..1", forms.PERSON), _ANY),
    _entry("mimeType", "mime_type", Demand("1..1", forms.MIME_DMP), Demand("1..1", forms.MIME)),
    _entry("objectType", "object_type", Demand("1..1", forms.STABLE), Demand("1..1", forms.STABLE)),
    _entry("patientId", "patient_id", Demand("1..1", forms.INS), Demand("1..1", forms.CX)),
    _entry(
        "practiceSettingCode",
        "practice_setting",
        Demand("1..1", values="practice_settings"),
        _ONE,
    ),
    _entry(
        "referenceIdList",
        "reference_ids",
        Demand("0..*", forms.REFERENCE_DMP),
        Demand("0..*", forms.REFERENCE),
    ),
    _entry(
        "serviceStartTime",
        "service_start_time",
        Demand("1..1", forms.TIME),
        Demand("0..1", forms.TIME),
    ),
    _entry(
        "serviceStopTime",
        "service_stop_time",
        Demand("0..1", forms.TIME),
        Demand("0..1", forms.TIME),
    ),
    _entry(
        "sourcePatientId", "source_patient_id", Demand("1..1", forms.CX), Demand("1..1", forms.CX)
    ),
    # 1..1 slot in the logical model, optional in the map of the platforms: its values are traits.
    _entry(
        "sourcePatientInfo",
        "source_patient_info",
        Demand("0..*", forms.TRAIT),
        Demand("0..*", forms.TRAIT),
    ),
    _entry("title", "title", Demand("1..1", forms.TITLE), Demand("0..1", forms.TITLE)),
    _entry("typeCode", "type_code", Demand("1..1", values="type_codes"), _ONE),
    _entry("uniqueId", "unique_id", Demand("1..1", forms.OID), Demand("1..1", forms.OID_EXTENSION)),
    *_authors("authorPerson", "person", Demand("1..1", forms.PERSON), _ANY),
    *_authors("authorInstitution", "institutions", Demand("0..1", forms.STRUCTURE), Demand("0..*")),
    *_authors(
        "authorSpecialty",
        "specialties",
        Demand("0..1", forms.TRIPLET, "author_specialties"),
        Demand("0..*"),
    ),
    *_authors("authorRole", "roles", Demand("0..*"), Demand("0..*")),
    _lot("author", "author", Demand("1..1"), Demand("0..*")),
    _lot("contentTypeCode", "content_type", Demand("1..1", values="content_types"), _ONE),
    _lot("intendedRecipient", "intended_recipients", Demand("0..*"), Demand("0..*")),
    _lot("patientId", "patient_id", Demand("1..1", forms.INS), Demand("1..1", forms.CX)),
    _lot("sourceId", "source_id", Demand("1..1", forms.OID), Demand("1..1", forms.DOTTED)),
    _lot(
        "submissionTime",
        "submission_time",
        Demand("1..1", forms.SECOND),
        Demand("1..1", forms.TIME),
    ),
    _lot("uniqueId", "unique_id", Demand("1..1", forms.OID), Demand("1..1", forms.OID)),
    _folder("codeList", "codes", Demand("1..*"), Demand("1..*")),
    _folder("patientId", "patient_id", Demand("1..1", forms.INS), Demand("1..1", forms.CX)),
    _folder("title", "title", Demand("1..1", forms.TITLE), _ONE),
    _folder("uniqueId", "unique_id", Demand("1..1", forms.OID), Demand("1..1", forms.OID)),
)
