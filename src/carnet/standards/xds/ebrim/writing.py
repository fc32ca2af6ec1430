"""Writes XDS metadata as ebRIM, by templates of text: an entry costs some tens of microseconds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final

from carnet.standards.xds.ebrim.vocabulary import (
    ASSOCIATION_DOCUMENTATION,
    AUTHOR_SLOTS,
    CODING_SCHEME,
    ENTRY,
    FOLDER,
    FOLDER_NODE,
    LCM,
    RIM,
    SUBMISSION_SET,
    SUBMISSION_SET_NODE,
    ObjectForm,
    SlotPlace,
)
from carnet.standards.xds.metadata import (
    Association,
    Author,
    Code,
    DocumentEntry,
    Folder,
    RegistryObjects,
    Submission,
    SubmissionSet,
)
from carnet.standards.xml import escape

_DECLARATION: Final = f' xmlns:rim="{RIM}"'
_Described = DocumentEntry | SubmissionSet | Folder


def entry_fragment(entry: DocumentEntry) -> str:
    """One rim:ExtrinsicObject that declares its own namespace, ready to be joined in an answer.

    It holds the status of `entry`: who changes the status renders it again.
    Raises `XmlError` when a text holds a character that XML cannot carry.
    """
    return _entry(entry, _DECLARATION)


def submission_set_fragment(lot: SubmissionSet) -> str:
    """One rim:RegistryPackage, as `entry_fragment`, with the node that tells what it is inside."""
    return _package(lot, SUBMISSION_SET, SUBMISSION_SET_NODE, _DECLARATION)


def folder_fragment(folder: Folder) -> str:
    """One rim:RegistryPackage, as `submission_set_fragment`."""
    return _package(folder, FOLDER, FOLDER_NODE, _DECLARATION)


def association_fragment(association: Association) -> str:
    """One rim:Association, as `entry_fragment`."""
    return _association(association, _DECLARATION)


def fragments(objects: RegistryObjects) -> Iterator[str]:
    """The fragment of each object, whatever its kind."""
    yield from map(entry_fragment, objects.documents)
    yield from map(submission_set_fragment, objects.submission_sets)
    yield from map(folder_fragment, objects.folders)
    yield from map(association_fragment, objects.associations)


def write_submission(submission: Submission) -> bytes:
    """The lcm:SubmitObjectsRequest of `submission`. Raises `XmlError` as `entry_fragment`."""
    return (
        f'<lcm:SubmitObjectsRequest xmlns:lcm="{LCM}">{registry_object_list(submission)}'
        "</lcm:SubmitObjectsRequest>"
    ).encode()


def registry_object_list(submission: Submission) -> str:
    """The rim:RegistryObjectList of `submission`: documents, lot, folders, then what links them."""
    lot = submission.submission_set
    pieces = [f"<rim:RegistryObjectList{_DECLARATION}>"]
    pieces += (_entry(entry) for entry in submission.documents)
    if lot is not None:
        pieces.append(_package(lot, SUBMISSION_SET, SUBMISSION_SET_NODE))
    pieces += (_package(folder, FOLDER, FOLDER_NODE) for folder in submission.folders)
    pieces += (_association(association) for association in submission.associations)
    pieces.append("</rim:RegistryObjectList>")
    return "".join(pieces)


def slot(name: str, values: Iterable[str]) -> str:
    """One rim:Slot, in the prefix of its surroundings."""
    return _slot(escape(name), values)


def _slot(name: str, values: Iterable[str]) -> str:
    listed = "".join([f"<rim:Value>{escape(value)}</rim:Value>" for value in values])
    return f'<rim:Slot name="{name}"><rim:ValueList>{listed}</rim:ValueList></rim:Slot>'


def _entry(entry: DocumentEntry, declaration: str = "") -> str:
    attributes = (
        _attribute("id", entry.id)
        + _attribute("lid", entry.logical_id)
        + _attribute("status", entry.status or "")
        + _attribute("mimeType", entry.mime_type)
        + _attribute("objectType", entry.object_type)
        + _attribute("home", entry.home_community_id)
    )
    return (
        f'<rim:ExtrinsicObject{declaration}{attributes} isOpaque="false">'
        f"{_content(entry, ENTRY, entry.version)}</rim:ExtrinsicObject>"
    )


def _package(
    package: SubmissionSet | Folder, form: ObjectForm, node: str, declaration: str = ""
) -> str:
    """A lot or a folder, and the Classification that says which of the two it is.

    It follows the package in a request (spec dmp §3.3) and stands inside what stands alone.
    """
    logical_id = package.logical_id if isinstance(package, Folder) else ""
    version = package.version if isinstance(package, Folder) else None
    attributes = (
        _attribute("id", package.id)
        + _attribute("lid", logical_id)
        + _attribute("status", package.status or "")
        + _attribute("home", package.home_community_id)
    )
    identity = _attribute("classifiedObject", package.id)
    node_id = next(_child_ids(f"{package.id}-node"))
    kind = f'<rim:Classification id="{node_id}"{identity} classificationNode="{node}"/>'
    inside, outside = (kind, "") if declaration else ("", kind)
    return (
        f"<rim:RegistryPackage{declaration}{attributes}>"
        f"{_content(package, form, version, inside)}</rim:RegistryPackage>{outside}"
    )


def _content(owner: _Described, form: ObjectForm, version: int | None, kind: str = "") -> str:
    """What is inside a registry object, in the order that the schema of ebRIM asks for."""
    ids = _child_ids(owner.id)
    identity = escape(owner.id)
    pieces = [_slots(owner, form.slots)]
    pieces += (slot(name, values) for name, values in owner.extra_slots)
    pieces.append(_international("Name", owner.title))
    pieces.append(_international("Description", owner.comments))
    if version is not None:
        pieces.append(f'<rim:VersionInfo versionName="{version}"/>')
    pieces.append(kind)
    author_scheme, author_field = form.author
    for author in getattr(owner, author_field) if author_field else ():
        pieces.append(_author(author, author_scheme, identity, next(ids)))
    for place in form.codes:
        value: tuple[Code, ...] | Code | None = getattr(owner, place.field)
        codes = value if isinstance(value, tuple) else (value,)
        pieces += (
            _classification(code, place.scheme, identity, next(ids))
            for code in codes
            if code is not None
        )
    for identifier in form.identifiers:
        if text := getattr(owner, identifier.field):
            pieces.append(
                f'<rim:ExternalIdentifier id="{next(ids)}" registryObject="{identity}"'
                f' identificationScheme="{identifier.scheme}" value="{escape(text)}">'
                f"{_international('Name', identifier.name)}</rim:ExternalIdentifier>"
            )
    return "".join(pieces)


def _slots(owner: _Described | Author, places: tuple[SlotPlace, ...]) -> str:
    return "".join(
        [
            _slot(place.name, value if isinstance(value, tuple) else (str(value),))
            for place in places
            if (value := getattr(owner, place.field)) not in ("", (), None)
        ]
    )


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escape(value)}"' if value else ""


def _international(tag: str, text: str) -> str:
    if not text:
        return ""
    return (
        f'<rim:{tag}><rim:LocalizedString charset="UTF8" xml:lang="FR" value="{escape(text)}"/>'
        f"</rim:{tag}>"
    )


def _author(author: Author, scheme: str, identity: str, id_: str) -> str:
    extra = "".join(slot(name, values) for name, values in author.extra_slots)
    return (
        f'<rim:Classification id="{id_}" classificationScheme="{scheme}"'
        f' classifiedObject="{identity}" nodeRepresentation="">'
        f"{_slots(author, AUTHOR_SLOTS)}{extra}</rim:Classification>"
    )


def _classification(code: Code, scheme: str, identity: str, id_: str) -> str:
    coding = _slot(CODING_SCHEME, (code.scheme,)) if code.scheme else ""
    return (
        f'<rim:Classification id="{id_}" classificationScheme="{scheme}"'
        f' classifiedObject="{identity}" nodeRepresentation="{escape(code.code)}">'
        f"{coding}{_international('Name', code.display)}</rim:Classification>"
    )


def _association(association: Association, declaration: str = "") -> str:
    ids = _child_ids(f"{association.source}-{association.type}-{association.target}")
    identity = escape(association.id) or next(ids)
    documentation = ""
    if association.documentation is not None:
        documentation = _classification(
            association.documentation, ASSOCIATION_DOCUMENTATION, identity, next(ids)
        )
    return (
        f'<rim:Association{declaration} id="{identity}"'
        f'{_attribute("status", association.status or "")} associationType="{association.type}"'
        f' sourceObject="{escape(association.source)}" targetObject="{escape(association.target)}">'
        f"{''.join(slot(name, values) for name, values in association.slots)}{documentation}"
        "</rim:Association>"
    )


def _child_ids(owner: str) -> Iterator[str]:
    """Ids for what hangs on `owner`, escaped: symbolic in a request, UUIDs once the owner has one.

    The same owner always gives the same ids, so that a fragment is the same each time it is made.
    """
    if not owner.startswith("urn:uuid:"):
        symbol = escape(owner)
        return (f"{symbol}-{number}" for number in count(1))
    seed = hashlib.sha256(owner.encode()).hexdigest()
    head = f"urn:uuid:{seed[:8]}-{seed[8:12]}-8{seed[12:15]}-a{seed[15:18]}-{seed[18:26]}"
    return (f"{head}{number:04x}" for number in count(1))
