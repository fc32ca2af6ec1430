"""PATCH of a DocumentReference: JSON Patch or FHIRPath Patch, and what the result changes.

Status, securityLabel and isArchived may change, nothing else (PDSm 3.1, flux 03: 405). Source:
RFC 6902 and 6901; HL7 FHIR R4, FHIRPath Patch; IHE MHD 4.2 (Patch.Parameters).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from carnet.standards.fhir import document_reference
from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.outcome import FhirRefused, refused
from carnet.standards.fhir.reading import Element, load, parse
from carnet.standards.fhir.references import document_of
from carnet.standards.xds.metadata import Code, Status

JSON_PATCH: Final = "application/json-patch+json"
MOST_OPERATIONS: Final = 100

_POINTER: Final = re.compile(r"(?:/(?:[^~/]|~[01]){0,200}){1,12}")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,5}")
_STEP: Final = re.compile(
    r"\.([a-zA-Z]{1,40})(?:\[([0-9]{1,5})\]|\('([^']{1,200})'\)"
    r"|\.where\(\s*url\s*=\s*'([^']{1,200})'\s*\))?"
)
_PATH: Final = re.compile(rf"DocumentReference((?:{_STEP.pattern}){{0,8}})")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of JSON Patch: its name, where (the tokens of a pointer), and what."""

    op: str
    path: tuple[str, ...]
    value: Any = None
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What a patch changes: a new availabilityStatus, new confidentiality codes, or none."""

    status: Status | None = None
    confidentiality: tuple[Code, ...] | None = None


def patched(document: Resource, data: bytes, content_type: str) -> Resource:
    """The resource after the patch in `data`. Raises `FhirRefused`; `document` stays as it is."""
    if content_type == JSON_PATCH:
        operations = tuple(_read(load(data)))
    else:
        operations = tuple(_of_parameters(parse(data), document))
    result = deepcopy(document)
    for operation in operations:
        _APPLY[operation.op](result, operation)
    return result


def change(before: Resource, after: Resource) -> Change:
    """What differs between a document as we hold it and as a patch would have it.

    Raises `FhirRefused`: 405 for an element that stays, 422 for a value that it cannot have.
    """
    for name in sorted(before.keys() | after.keys()):
        if name not in ("status", "securityLabel", "extension") and before.get(name) != after.get(
            name
        ):
            raise _stays(name)
    old, new = (Element(each, "DocumentReference") for each in (before, after))
    if _others(old) != _others(new):
        raise _stays("extension")
    labels = document_reference.read_labels(new)
    status = _status(new)
    return Change(
        status=status if status is not _status(old) else None,
        confidentiality=labels if labels != document_reference.read_labels(old) else None,
    )


def read_superseded(parameters: Element, url: str) -> str:
    """The entryUUID of the document that a PATCH inside a Bundle makes superseded.

    Raises `FhirRefused` when it does anything else (IHE MHD, UpdateDocumentRefs).
    """
    target = document_of(url)
    before: Resource = {"resourceType": "DocumentReference", "status": document_reference.CURRENT}
    after = deepcopy(before)
    for operation in _of_parameters(parameters, before):
        _APPLY[operation.op](after, operation)
    if not target or after != {**before, "status": document_reference.SUPERSEDED}:
        raise refused(
            422,
            "not-supported",
            "in a Bundle, a PATCH only makes a DocumentReference/[id] superseded",
            parameters.path,
        )
    return target


def _status(document: Element) -> Status:
    match document.text("status", required=True):
        case document_reference.CURRENT:
            archived = document_reference.is_archived(document)
            return Status.ARCHIVED if archived else Status.APPROVED
        case document_reference.SUPERSEDED:
            return Status.DEPRECATED
        case document_reference.DELETED:
            return Status.DELETED
        case _:
            raise refused(422, "value", "this is no status of a document", document.at("status"))


def _others(document: Element) -> list[Mapping[str, Any]]:
    return [
        each.value
        for each in document.children("extension")
        if each.text("url") != document_reference.IS_ARCHIVED
    ]


def _stays(name: str) -> FhirRefused:
    return refused(
        405,
        "business-rule",
        "only status, securityLabel and isArchived may change",
        f"DocumentReference.{name}",
    )


# JSON Patch


def _read(value: Any) -> Iterator[Operation]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_OPERATIONS:
        raise _wrong(f"a list of 1 to {MOST_OPERATIONS} operations is expected")
    for each in value:
        if not isinstance(each, dict) or str(each.get("op")) not in _APPLY:
            raise _wrong("an operation is add, remove, replace, test, move or copy")
        if each["op"] in ("add", "replace", "test") and "value" not in each:
            raise _wrong("add, replace and test need a value")
        source = _tokens(each.get("from")) if each["op"] in ("move", "copy") else ()
        yield Operation(each["op"], _tokens(each.get("path")), each.get("value"), source)


def _tokens(pointer: Any) -> tuple[str, ...]:
    if not isinstance(pointer, str) or not _POINTER.fullmatch(pointer):
        raise _wrong("a path is a JSON pointer to an element")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def _wrong(sentence: str) -> FhirRefused:
    return refused(400, "structure", sentence)


def _holder(document: Any, path: Sequence[str]) -> Any:
    """What holds the last step of a path."""
    held = document
    for step in path[:-1]:
        held = _member(held, step)
    return held


def _member(held: Any, step: str) -> Any:
    if isinstance(held, dict) and step in held:
        return held[step]
    if isinstance(held, list) and _INDEX.fullmatch(step) and int(step) < len(held):
        return held[int(step)]
    raise _nothing_there()


def _nothing_there() -> FhirRefused:
    return refused(422, "not-found", "a path of the patch leads to nothing")


def _add(document: Any, operation: Operation) -> None:
    held, step = _holder(document, operation.path), operation.path[-1]
    if isinstance(held, dict):
        held[step] = deepcopy(operation.value)
    elif isinstance(held, list) and (
        step == "-" or (_INDEX.fullmatch(step) and int(step) <= len(held))
    ):
        held.insert(len(held) if step == "-" else int(step), deepcopy(operation.value))
    else:
        raise _nothing_there()


def _remove(document: Any, operation: Operation) -> None:
    held, step = _holder(document, operation.path), operation.path[-1]
    _member(held, step)
    del held[step if isinstance(held, dict) else int(step)]


def _replace(document: Any, operation: Operation) -> None:
    _remove(document, operation)
    _add(document, operation)


def _test(document: Any, operation: Operation) -> None:
    held = _member(_holder(document, operation.path), operation.path[-1])
    if held != operation.value:
        raise refused(409, "conflict", "a test of the patch fails: the document is not so")


def _move(document: Any, operation: Operation) -> None:
    value = _member(_holder(document, operation.source), operation.source[-1])
    _remove(document, Operation("remove", operation.source))
    _add(document, Operation("add", operation.path, value))


def _copy(document: Any, operation: Operation) -> None:
    value = _member(_holder(document, operation.source), operation.source[-1])
    _add(document, Operation("add", operation.path, value))


_APPLY: Final[Mapping[str, Callable[[Any, Operation], None]]] = MappingProxyType(
    {
        "add": _add,
        "remove": _remove,
        "replace": _replace,
        "test": _test,
        "move": _move,
        "copy": _copy,
    }
)


# FHIRPath Patch


def _of_parameters(parameters: Element, document: Resource) -> Iterator[Operation]:
    """The operations of a Parameters, whose paths are those of `document`."""
    if parameters.value.get("resourceType") != "Parameters":
        raise refused(422, "value", "a Parameters is expected", parameters.path)
    held = parameters.children("parameter")
    if not 0 < len(held) <= MOST_OPERATIONS:
        raise _wrong(f"1 to {MOST_OPERATIONS} operations are expected")
    for each in held:
        if each.text("name") != "operation":
            raise refused(422, "value", "an operation is expected", each.at("name"))
        yield _of_parts(each, document)


def _of_parts(operation: Element, document: Resource) -> Operation:
    parts = {part.text("name", required=True): part for part in operation.children("part")}
    kind = _value(parts.get("type"))
    steps = _steps(_value(parts.get("path")), operation, document)
    if not steps and kind in ("replace", "delete", "insert"):
        raise _stays("id")
    match kind:
        case "replace":
            return Operation("replace", steps, _value(parts.get("value")))
        case "delete":
            return Operation("remove", steps)
        case "add":
            name = _value(parts.get("name"))
            if not isinstance(name, str):
                raise refused(422, "required", "add needs a name", operation.path)
            value = _value(parts.get("value"))
            held = _holder(document, (*steps, name))
            into_list = name in ("securityLabel", "extension", "coding")
            if into_list and isinstance(held, dict) and name in held:
                return Operation("add", (*steps, name, "-"), value)
            return Operation("add", (*steps, name), [value] if into_list else value)
        case "insert":
            index = _value(parts.get("index"))
            return Operation("add", (*steps, str(index)), _value(parts.get("value")))
        case _:
            raise refused(
                422, "not-supported", "add, insert, replace and delete are served", operation.path
            )


def _value(part: Element | None) -> Any:
    """The value[x] of a part; none when there is no part."""
    if part is None:
        return None
    found = [value for name, value in part.value.items() if name.startswith("value")]
    if len(found) != 1:
        raise refused(422, "value", "one value is expected", part.path)
    return found[0]


def _steps(path: Any, operation: Element, document: Resource) -> tuple[str, ...]:
    """A path of FHIRPath as tokens: names, indexes, and extensions told by their url."""
    matched = _PATH.fullmatch(path) if isinstance(path, str) else None
    if matched is None:
        raise refused(422, "not-supported", "this path is not understood", f"{operation.path}.part")
    steps: list[str] = []
    for name, index, called, where in _STEP.findall(matched[1]):
        if url := called or where:
            held = _holder(document, (*steps, name, ""))
            steps += [name, _place(held, url)]
        elif name == "value" and steps and steps[-1].isdigit():
            held = _holder(document, (*steps, ""))
            names = [each for each in held if each.startswith("value")]
            steps.append(names[0] if names else name)
        else:
            steps += [name, index] if index else [name]
    return tuple(steps)


def _place(held: Any, url: str) -> str:
    for place, each in enumerate(held if isinstance(held, list) else []):
        if isinstance(each, dict) and each.get("url") == url:
            return str(place)
    raise _nothing_there()
