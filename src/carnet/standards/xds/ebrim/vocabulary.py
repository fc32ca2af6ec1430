"""Where each XDS attribute stands in ebRIM: the tables that reading and writing follow.

Source: ITI TF-3, 4.2.3 and 4.2.5 (UUIDs); spec dmp §3.3 to §3.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

RIM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
LCM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
RS: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
QUERY: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
XDSB: Final = "urn:ihe:iti:xds-b:2007"

SUBMISSION_SET_NODE: Final = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
FOLDER_NODE: Final = "urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2"
ASSOCIATION_DOCUMENTATION: Final = "urn:uuid:abd807a3-4432-4053-87b4-fd82c643d1f3"
CODING_SCHEME: Final = "codingScheme"


@dataclass(frozen=True, slots=True)
class SlotPlace:
    """The dataclass field that the slot `name` holds: a text, several, or a whole number."""

    name: str
    field: str
    kind: Literal["one", "many", "number"] = "one"


@dataclass(frozen=True, slots=True)
class CodePlace:
    """The field that Classifications of `scheme` hold: a Code, or several in their order."""

    scheme: str
    field: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class IdentifierPlace:
    """The field that the ExternalIdentifier of `scheme` holds; `name` is its fixed Name."""

    scheme: str
    field: str
    name: str


@dataclass(frozen=True, slots=True)
class ObjectForm:
    """One kind of registry object. `author` is the (scheme, field) of its authors."""

    slots: tuple[SlotPlace, ...]
    codes: tuple[CodePlace, ...]
    identifiers: tuple[IdentifierPlace, ...]
    author: tuple[str, str] = ("", "")


ENTRY: Final = ObjectForm(
    slots=(
        SlotPlace("creationTime", "creation_time"),
        SlotPlace("languageCode", "language"),
        SlotPlace("legalAuthenticator", "legal_authenticator"),
        SlotPlace("serviceStartTime", "service_start_time"),
        SlotPlace("serviceStopTime", "service_stop_time"),
        SlotPlace("sourcePatientId", "source_patient_id"),
        SlotPlace("sourcePatientInfo", "source_patient_info", "many"),
        SlotPlace("urn:ihe:iti:xds:2013:referenceIdList", "reference_ids", "many"),
        SlotPlace("hash", "hash"),
        SlotPlace("size", "size", "number"),
        SlotPlace("repositoryUniqueId", "repository_unique_id"),
        SlotPlace("URI", "uri"),
        SlotPlace("documentAvailability", "document_availability"),
    ),
    author=("urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d", "authors"),
    codes=(
        CodePlace("urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a", "class_code"),
        CodePlace("urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f", "confidentiality", many=True),
        CodePlace("urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4", "events", many=True),
        CodePlace("urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d", "format_code"),
        CodePlace("urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1", "facility_type"),
        CodePlace("urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead", "practice_setting"),
        CodePlace("urn:uuid:f0306f51-975f-434e-a61c-c59651d33983", "type_code"),
    ),
    identifiers=(
        IdentifierPlace(
            "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
            "patient_id",
            "XDSDocumentEntry.patientId",
        ),
        IdentifierPlace(
            "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab",
            "unique_id",
            "XDSDocumentEntry.uniqueId",
        ),
    ),
)

SUBMISSION_SET: Final = ObjectForm(
    slots=(
        SlotPlace("submissionTime", "submission_time"),
        SlotPlace("intendedRecipient", "intended_recipients", "many"),
    ),
    author=("urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d", "author"),
    codes=(CodePlace("urn:uuid:aa543740-bdda-424e-8c96-df4873be8500", "content_type"),),
    identifiers=(
        IdentifierPlace(
            "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",
            "patient_id",
            "XDSSubmissionSet.patientId",
        ),
        IdentifierPlace(
            "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832",
            "source_id",
            "XDSSubmissionSet.sourceId",
        ),
        IdentifierPlace(
            "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8",
            "unique_id",
            "XDSSubmissionSet.uniqueId",
        ),
    ),
)

FOLDER: Final = ObjectForm(
    slots=(SlotPlace("lastUpdateTime", "last_update_time"),),
    codes=(CodePlace("urn:uuid:1ba97051-7806-41a8-a48b-8fce7af683c5", "codes", many=True),),
    identifiers=(
        IdentifierPlace(
            "urn:uuid:f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a", "patient_id", "XDSFolder.patientId"
        ),
        IdentifierPlace(
            "urn:uuid:75df8f67-9973-4fbe-a900-df66cefecc5a", "unique_id", "XDSFolder.uniqueId"
        ),
    ),
)

#: The sub-attributes of an author, slots of its Classification (ITI TF-3, 4.2.3.2.1).
AUTHOR_SLOTS: Final = (
    SlotPlace("authorPerson", "person"),
    SlotPlace("authorInstitution", "institutions", "many"),
    SlotPlace("authorRole", "roles", "many"),
    SlotPlace("authorSpecialty", "specialties", "many"),
    SlotPlace("authorTelecommunication", "telecoms", "many"),
)
