"""ITI-105, simplified publication: a DocumentReference that holds its document.

Source: IHE MHD 4.2, 3.105; PDSm 3.1 (flux 09).
"""

from __future__ import annotations

from carnet.standards.fhir import data_types, document_reference
from carnet.standards.fhir.bundle import Part
from carnet.standards.fhir.completing import completed
from carnet.standards.fhir.lot import Provided, derived_id, members, relations
from carnet.standards.fhir.outcome import refused
from carnet.standards.fhir.reading import Element
from carnet.standards.fhir.references import References
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.metadata import Author, Code, Submission, SubmissionSet


def read(
    element: Element, *, sender: Author, source_id: str, content_type: Code, now: str, limit: int
) -> Provided:
    """The lot that an ITI-105 DocumentReference implies; `now` is its submissionTime (DTM).

    What the resource does not say is taken from the document when it is a CDA. The same document
    sent again makes the same lot. Raises `FhirRefused`.
    """
    references = References().inside(element)
    patient = references.patient(element.need("subject"))
    entry = document_reference.read(
        element, id="Document01", patient_id=patient.cx, resolve=references.resolve
    )
    attachment = element.children("content")[0].need("attachment")
    if attachment.has("url"):
        raise refused(
            422, "business-rule", "the bytes of the document go in data", attachment.at("url")
        )
    data = data_types.read_bytes(attachment, "data", limit=limit)
    entry = completed(entry, data)
    lot = SubmissionSet(
        id="SubmissionSet01",
        unique_id=derived_id(patient.cx, entry.unique_id),
        source_id=source_id,
        patient_id=patient.cx,
        submission_time=now,
        content_type=content_type,
        author=(sender,),
        title=entry.title,
    )
    submission = Submission(
        lot, (entry,), (), (*members(lot, (entry,), ()), *relations(element, entry.id))
    )
    part = Part("DocumentReference", entry.unique_id, document_reference.lost(element))
    places = dict.fromkeys((entry.id, entry.unique_id), element.path)
    return Provided(patient, ProvideRequest(submission, {entry.id: data}), (part,), places)
