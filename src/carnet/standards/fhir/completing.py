"""What a CDA says of itself, for an entry that says less than the registry needs.

PDSm and MHD have minimal metadata and a simplified publication: the rest is in the document.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from carnet.standards import nos
from carnet.standards.cda import reading
from carnet.standards.xds import from_cda
from carnet.standards.xds.metadata import Code, DocumentEntry

_CDA_TYPES: Final = frozenset({"text/xml", "application/xslt+xml"})
#: What is taken from the document when the entry does not say it.
_TAKEN: Final = (
    "class_code",
    "type_code",
    "format_code",
    "facility_type",
    "practice_setting",
    "confidentiality",
    "authors",
    "title",
    "language",
    "creation_time",
    "service_start_time",
    "legal_authenticator",
    "source_patient_id",
)


def completed(entry: DocumentEntry, data: bytes) -> DocumentEntry:
    """The entry with what it lacks taken from its CDA; as it is when the document is no CDA.

    A document that cannot be read is for the registry to refuse.
    """
    if entry.class_code is None and entry.type_code is not None:
        entry = replace(entry, class_code=_class_of(entry.type_code))
    missing = [name for name in _TAKEN if not getattr(entry, name)]
    if not missing or entry.mime_type not in _CDA_TYPES:
        return entry
    try:
        header = reading.read(data)
    except reading.CdaError:
        return entry
    said = from_cda.entry_from_cda(header, entry_id=entry.id, mime_type=entry.mime_type)
    taken = {name: getattr(said, name) for name in missing}
    if not entry.source_patient_info:
        taken["source_patient_info"] = said.source_patient_info
    if "service_start_time" in missing and not entry.service_stop_time:
        taken["service_stop_time"] = said.service_stop_time
    return replace(entry, **taken)


def _class_of(type_code: Code) -> Code | None:
    try:
        found = nos.class_of_type(type_code.code)
    except nos.UnknownCode:
        return None
    return Code(found.code, found.system, found.display)
