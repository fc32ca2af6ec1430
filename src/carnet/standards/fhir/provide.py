"""ITI-65, a lot provided by a transaction Bundle.

Source: IHE MHD 4.2, 3.65; HL7 FHIR R4, 3.1.0.11 (transaction); PDSm 3.1 (flux 01).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from carnet.standards.fhir import data_types, document_reference
from carnet.standards.fhir import list as lists
from carnet.standards.fhir.bundle import Part
from carnet.standards.fhir.completing import completed
from carnet.standards.fhir.lot import Provided, derived_id, members, relations
from carnet.standards.fhir.outcome import refused
from carnet.standards.fhir.patch import read_superseded
from carnet.standards.fhir.reading import Element, resource
from carnet.standards.fhir.references import References, document
from carnet.standards.ids import Ins
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    DocumentEntry,
    Folder,
    Submission,
    SubmissionSet,
)

#: Entries of one Bundle.
MOST_ENTRIES: Final = 200


@dataclass(frozen=True, slots=True)
class _Entry:
    resource: Element
    kind: str
    full_url: str
    method: str
    url: str


def read(bundle: Element, *, limit: int) -> Provided:
    """The lot in an ITI-65 transaction; `limit` is the size of the largest document, in bytes.

    Raises `FhirRefused`: nothing that was sent is passed over in silence.
    """
    if bundle.text("type", required=True) != "transaction":
        raise refused(422, "business-rule", "a transaction is expected", bundle.at("type"))
    held = bundle.children("entry")
    if not held or len(held) > MOST_ENTRIES:
        raise refused(
            422, "business-rule", f"1 to {MOST_ENTRIES} entries are expected", bundle.at("entry")
        )
    return _Reading(tuple(_entry(each) for each in held), limit).provided()


def _entry(element: Element) -> _Entry:
    found, request = element.need("resource"), element.need("request")
    kind = resource(found)
    for name in ("ifNoneMatch", "ifModifiedSince", "ifMatch", "ifNoneExist"):
        if request.has(name):
            raise refused(422, "not-supported", "conditions are not served here", request.at(name))
    method, url = request.text("method", required=True), request.text("url", required=True)
    if method == "POST" and url != kind:
        raise refused(
            422, "value", "the url of a POST is the type of its resource", request.at("url")
        )
    full_url = element.text("fullUrl", required=method == "POST")
    return _Entry(found, kind, full_url, method, url)


class _Reading:
    """One Bundle, read in one pass over its entries."""

    def __init__(self, entries: Sequence[_Entry], limit: int) -> None:
        self._entries = entries
        self._limit = limit
        urls = Counter(each.full_url for each in entries if each.full_url)
        for each in entries:
            if urls[each.full_url] > 1:
                raise refused(422, "duplicate", "two entries have this fullUrl", each.resource.path)
        self._references = References(
            {each.full_url: each.resource for each in entries if each.full_url}
        )
        self._documents = self._of("DocumentReference")
        self._binaries = {each.full_url: each for each in self._of("Binary")}
        lots = [each for each in self._of("List") if self._is(each, lists.SUBMISSION_SET)]
        if len(lots) != 1:
            raise refused(
                422, "business-rule", "one List that is a submissionset is expected", "Bundle.entry"
            )
        self._lot = lots[0]
        self._folders = [each for each in self._of("List") if each is not self._lot]
        self._patient = self._patient_of(self._lot)

    def provided(self) -> Provided:
        entries = {
            each.full_url: self._document(each, f"Document{place:02d}")
            for place, each in enumerate(self._documents, start=1)
        }
        documents = {
            entry.id: self._bytes(each)
            for each, entry in zip(self._documents, entries.values(), strict=True)
        }
        completed_ = {url: completed(entry, documents[entry.id]) for url, entry in entries.items()}
        lot = lists.read_lot(
            self._lot.resource,
            id="SubmissionSet01",
            patient_id=self._patient.cx,
            unique_id=derived_id(*sorted(each.unique_id for each in completed_.values())),
            resolve=self._references.inside(self._lot.resource).resolve,
        )
        folders = {
            each.full_url: self._folder(each, f"Folder{place:02d}", lot.unique_id)
            for place, each in enumerate(self._folders, start=1)
        }
        self._check_members(entries, folders)
        submission = Submission(
            lot,
            tuple(completed_.values()),
            tuple(folders.values()),
            (
                *members(lot, completed_.values(), folders.values()),
                *self._filed(lot, entries, folders),
                *self._relations(entries),
            ),
        )
        self._check_binaries()
        return Provided(
            self._patient,
            ProvideRequest(submission, documents),
            tuple(self._parts(lot, entries, folders, submission)),
            self._places(lot, entries, folders),
        )

    def _of(self, kind: str) -> list[_Entry]:
        found = [each for each in self._entries if each.kind == kind and each.method != "PATCH"]
        for each in found:
            if each.method != "POST" and kind != "Patient":
                raise refused(
                    422,
                    "not-supported",
                    "only what is new (POST) enters by this transaction",
                    each.resource.path,
                )
        return found

    def _is(self, each: _Entry, kind: str) -> bool:
        return lists.kind_of(each.resource) == kind

    def _patient_of(self, each: _Entry) -> Ins:
        references = self._references.inside(each.resource)
        return references.patient(each.resource.need("subject"))

    def _same_patient(self, each: _Entry) -> None:
        if self._patient_of(each) != self._patient:
            raise refused(
                422,
                "business-rule",
                "the patient is not that of the submissionset",
                each.resource.at("subject"),
            )

    def _document(self, each: _Entry, name: str) -> DocumentEntry:
        self._same_patient(each)
        return document_reference.read(
            each.resource,
            id=name,
            patient_id=self._patient.cx,
            resolve=self._references.inside(each.resource).resolve,
        )

    def _folder(self, each: _Entry, name: str, lot: str) -> Folder:
        self._same_patient(each)
        unique_id = derived_id(lot, name)
        return lists.read_folder(
            each.resource, id=name, patient_id=self._patient.cx, unique_id=unique_id
        )

    def _bytes(self, each: _Entry) -> bytes:
        attachment = each.resource.children("content")[0].need("attachment")
        if attachment.has("data"):
            raise refused(
                422, "business-rule", "the bytes go in a Binary of the Bundle", attachment.path
            )
        url = attachment.text("url", required=True)
        binary = self._binaries.get(url)
        if binary is None:
            kind = self._references.bundle.get(url)
            if kind is not None and kind.value.get("resourceType") == "Bundle":
                raise refused(
                    422, "not-supported", "FHIR documents are not taken here", attachment.at("url")
                )
            raise refused(
                422,
                "not-found",
                "url must be the fullUrl of a Binary of the Bundle",
                attachment.at("url"),
            )
        content_type = binary.resource.text("contentType", required=True)
        if content_type != attachment.text("contentType"):
            raise refused(
                422,
                "value",
                "contentType differs between the attachment and its Binary",
                binary.resource.at("contentType"),
            )
        return data_types.read_bytes(binary.resource, "data", limit=self._limit)

    def _check_binaries(self) -> None:
        urls = Counter(
            each.resource.children("content")[0].need("attachment").text("url")
            for each in self._documents
        )
        for url, binary in self._binaries.items():
            if urls[url] != 1:
                raise refused(
                    422,
                    "business-rule",
                    "a Binary belongs to one DocumentReference",
                    binary.resource.path,
                )

    def _check_members(
        self, entries: Mapping[str, DocumentEntry], folders: Mapping[str, Folder]
    ) -> None:
        """The lot holds all documents and folders of the Bundle, and nothing else."""
        targets = Counter(
            item.text("reference", required=True) for item in lists.items(self._lot.resource)
        )
        strangers = targets.keys() - entries.keys() - folders.keys()
        if strangers or any(times > 1 for times in targets.values()):
            raise refused(
                422,
                "not-found",
                "the lot must hold each document and folder of the Bundle once, nothing else",
                self._lot.resource.at("entry"),
            )
        for each in (*self._documents, *self._folders):
            if not each.full_url or each.full_url not in targets:
                raise refused(
                    422, "business-rule", "the lot does not hold this", each.resource.path
                )

    def _filed(
        self,
        lot: SubmissionSet,
        entries: Mapping[str, DocumentEntry],
        folders: Mapping[str, Folder],
    ) -> Iterator[Association]:
        """Each document of a folder: a member of it, by a link that is a member of the lot."""
        for each in self._folders:
            folder = folders[each.full_url]
            for place, item in enumerate(lists.items(each.resource), start=1):
                entry = entries.get(item.text("reference"))
                target = entry.id if entry is not None else document(item)
                link = f"{folder.id}-{place}"
                yield Association(AssociationType.HAS_MEMBER, folder.id, target, link)
                yield Association(AssociationType.HAS_MEMBER, lot.id, link, f"{lot.id}-{link}")

    def _relations(self, entries: Mapping[str, DocumentEntry]) -> Iterator[Association]:
        for each in self._documents:
            yield from relations(each.resource, entries[each.full_url].id)

    def _parts(
        self,
        lot: SubmissionSet,
        entries: Mapping[str, DocumentEntry],
        folders: Mapping[str, Folder],
        submission: Submission,
    ) -> Iterator[Part]:
        replaced = {
            link.target for link in submission.associations if link.type is AssociationType.RPLC
        }
        for each in self._entries:
            if each is self._lot:
                yield Part("List", lot.unique_id, lists.lost(each.resource))
            elif each.method == "PATCH":
                yield Part("DocumentReference", self._superseded(each, replaced))
            elif each.kind == "DocumentReference":
                lost = document_reference.lost(each.resource)
                yield Part(each.kind, entries[each.full_url].unique_id, lost)
            elif each.kind == "List":
                yield Part(each.kind, folders[each.full_url].unique_id, lists.lost(each.resource))
            elif each.kind == "Binary":
                yield Part(each.kind, self._owner(each, entries))
            elif each.kind == "Patient":
                yield self._known_patient(each)
            else:
                raise refused(
                    422, "not-supported", "this has no place in the Bundle", each.resource.path
                )

    def _owner(self, binary: _Entry, entries: Mapping[str, DocumentEntry]) -> str:
        for each in self._documents:
            attachment = each.resource.children("content")[0].need("attachment")
            if attachment.text("url") == binary.full_url:
                return entries[each.full_url].unique_id
        raise refused(422, "not-found", "no document has this Binary", binary.resource.path)

    def _superseded(self, each: _Entry, replaced: set[str]) -> str:
        """The document that a PATCH makes obsolete, which must be one that the Bundle replaces."""
        target = read_superseded(each.resource, each.url)
        if target not in replaced:
            raise refused(
                422,
                "business-rule",
                "only what a document of the Bundle replaces becomes superseded with it",
                each.resource.path,
            )
        return target

    def _known_patient(self, each: _Entry) -> Part:
        held = map(data_types.read_ins, each.resource.children("identifier"))
        if self._patient not in held:
            raise refused(
                422, "business-rule", "this is another patient", each.resource.at("identifier")
            )
        return Part("Patient", "")

    def _places(
        self,
        lot: SubmissionSet,
        entries: Mapping[str, DocumentEntry],
        folders: Mapping[str, Folder],
    ) -> Mapping[str, str]:
        objects: dict[str, SubmissionSet | DocumentEntry | Folder] = {
            self._lot.full_url: lot,
            **entries,
            **folders,
        }
        paths = {each.full_url: each.resource.path for each in self._entries}
        paths[self._lot.full_url] = self._lot.resource.path
        return {
            name: paths[url] for url, each in objects.items() for name in (each.id, each.unique_id)
        }
