"""XDS metadata as frozen dataclasses (ITI TF-3, 4.2; French profile: spec dmp §3.4 to §3.7).

These objects hold what a document entry, a submission set, a folder and an association say,
whatever wire form carried it. They are not judged here: see `rules`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value: `code` in `scheme` (an OID or the scheme's name), with its `display`."""

    code: str
    scheme: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Who made a document or sent a lot, in HL7 v2 data types (ITI TF-3, 4.2.3.1.4)."""

    person: str = ""  #: XCN
    institutions: tuple[str, ...] = ()  #: XON
    roles: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()  #: `code^display^codeSystem`
    telecoms: tuple[str, ...] = ()  #: XTN
    extra_slots: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Status(StrEnum):
    """availabilityStatus (spec dmp §3.10); Archived and Deleted are French additions."""

    APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
    DEPRECATED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated"
    ARCHIVED = "urn:asip:ci-sis:2010:StatusType:Archived"
    DELETED = "urn:asip:ci-sis:2010:StatusType:Deleted"


class AssociationType(StrEnum):
    """How one registry object relates to another (ITI TF-3, 4.2.2)."""

    HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
    RPLC = "urn:ihe:iti:2007:AssociationType:RPLC"
    XFRM = "urn:ihe:iti:2007:AssociationType:XFRM"
    APND = "urn:ihe:iti:2007:AssociationType:APND"
    XFRM_RPLC = "urn:ihe:iti:2007:AssociationType:XFRM_RPLC"
    SIGNS = "urn:ihe:iti:2007:AssociationType:signs"
    IS_SNAPSHOT_OF = "urn:ihe:iti:2010:AssociationType:IsSnapshotOf"
    UPDATE_AVAILABILITY_STATUS = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"
    SUBMIT_ASSOCIATION = "urn:ihe:iti:2010:AssociationType:SubmitAssociation"


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """What the registry says of one document.

    Times are the DTM text of the wire (`YYYY[MM[DD[hh[mm[ss]]]]]`, UTC). `hash` is SHA-1 in hex,
    `size` in bytes; both, and `repository_unique_id`, are set by the server (spec dmp §3.1).
    `id` is the ebRIM id: symbolic in a request, the entryUUID (`urn:uuid:…`) once registered.
    """

    id: str
    unique_id: str
    patient_id: str  #: CX
    mime_type: str
    class_code: Code | None = None
    type_code: Code | None = None
    format_code: Code | None = None
    facility_type: Code | None = None
    practice_setting: Code | None = None
    confidentiality: tuple[Code, ...] = ()
    events: tuple[Code, ...] = ()
    authors: tuple[Author, ...] = ()
    title: str = ""
    comments: str = ""
    language: str = ""
    creation_time: str = ""
    service_start_time: str = ""
    service_stop_time: str = ""
    legal_authenticator: str = ""  #: XCN
    source_patient_id: str = ""  #: CX
    source_patient_info: tuple[str, ...] = ()  #: `PID-5|…`
    reference_ids: tuple[str, ...] = ()  #: CXi
    hash: str = ""
    size: int | None = None
    repository_unique_id: str = ""
    home_community_id: str = ""
    uri: str = ""  #: XDM only
    status: Status | None = None
    logical_id: str = ""
    version: int | None = None
    document_availability: str = ""
    object_type: str = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
    extra_slots: tuple[tuple[str, tuple[str, ...]], ...] = ()  #: slots of no known name, kept


@dataclass(frozen=True, slots=True)
class SubmissionSet:
    """One lot: who sent what, when (spec dmp §3.5). `author` is the sender of the lot."""

    id: str
    unique_id: str
    source_id: str
    patient_id: str
    submission_time: str
    content_type: Code | None = None
    author: tuple[Author, ...] = ()
    title: str = ""
    comments: str = ""
    intended_recipients: tuple[str, ...] = ()
    home_community_id: str = ""
    status: Status | None = None
    extra_slots: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, "classeur" (spec dmp §3.6)."""

    id: str
    unique_id: str
    patient_id: str
    title: str = ""
    comments: str = ""
    codes: tuple[Code, ...] = ()
    last_update_time: str = ""
    home_community_id: str = ""
    status: Status | None = None
    logical_id: str = ""
    version: int | None = None
    extra_slots: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Association:
    """A link from `source` to `target` (their ids)."""

    type: AssociationType
    source: str
    target: str
    id: str = ""
    slots: tuple[tuple[str, tuple[str, ...]], ...] = ()
    documentation: Code | None = None  #: what kind of transformation or addition (XFRM, APND)
    status: Status | None = None  #: set by the registry, as that of any object

    def slot(self, name: str) -> str:
        """First value of the slot `name`, or an empty text."""
        return next((values[0] for key, values in self.slots if key == name and values), "")


@dataclass(frozen=True, slots=True)
class Submission:
    """All that one SubmitObjectsRequest says, in its order."""

    submission_set: SubmissionSet | None
    documents: tuple[DocumentEntry, ...] = ()
    folders: tuple[Folder, ...] = ()
    associations: tuple[Association, ...] = field(default=())


RegistryObject = DocumentEntry | SubmissionSet | Folder | Association


@dataclass(frozen=True, slots=True)
class RegistryObjects:
    """Objects that a registry holds or answers, of any lots; nothing is said of their order."""

    documents: tuple[DocumentEntry, ...] = ()
    submission_sets: tuple[SubmissionSet, ...] = ()
    folders: tuple[Folder, ...] = ()
    associations: tuple[Association, ...] = ()

    def __iter__(self) -> Iterator[RegistryObject]:
        """All of them: documents, lots, folders, then what links them."""
        return chain(self.documents, self.submission_sets, self.folders, self.associations)


def same_patient(one: str, other: str) -> bool:
    """CX compared by id and authority: other components may be added on the way."""
    ones, others = one.split("^"), other.split("^")
    return (ones[0], ones[3:4]) == (others[0], others[3:4])
