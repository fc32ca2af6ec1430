"""JSON that comes in: bounded, each name once, and every part of it knows its place.

Source: HL7 FHIR R4, 2.6.2 (JSON representation).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from carnet.standards.fhir.outcome import FhirRefused, refused

#: How deep objects and lists may hold each other: a Bundle of a resource needs a dozen.
DEEPEST: Final = 64
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")


@dataclass(frozen=True, slots=True)
class Element:
    """A JSON object and its place, a FHIRPath (`Bundle.entry[0].resource`)."""

    value: Mapping[str, Any]
    path: str

    def at(self, name: str) -> str:
        """The place of one of its members."""
        return f"{self.path}.{name}"

    def has(self, name: str) -> bool:
        """Whether it holds this member."""
        return name in self.value

    def text(self, name: str, *, required: bool = False) -> str:
        """A text; empty when it is absent. Raises `FhirRefused`."""
        value = self.value.get(name)
        if value is None:
            if required:
                raise refused(422, "required", f"{name} is required", self.at(name))
            return ""
        if not isinstance(value, str):
            raise self._wrong(name, "a string")
        if not value.strip() or "\x00" in value or not _is_text(value):
            raise self._wrong(name, "a text that is not empty")
        return value

    def boolean(self, name: str) -> bool | None:
        """True, false, or none when it is absent. Raises `FhirRefused`."""
        value = self.value.get(name)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def integer(self, name: str) -> int | None:
        """A whole number, or none when it is absent. Raises `FhirRefused`."""
        value = self.value.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise self._wrong(name, "a whole number")
        return value

    def child(self, name: str) -> Element | None:
        """The object under a name, if any. Raises `FhirRefused`."""
        value = self.value.get(name)
        if value is not None and not isinstance(value, dict):
            raise self._wrong(name, "an object")
        return Element(value, self.at(name)) if value is not None else None

    def need(self, name: str) -> Element:
        """The object under a name, which must be there. Raises `FhirRefused`."""
        found = self.child(name)
        if found is None:
            raise refused(422, "required", f"{name} is required", self.at(name))
        return found

    def children(self, name: str) -> tuple[Element, ...]:
        """The objects of the list under a name. Raises `FhirRefused`."""
        value = self.value.get(name, [])
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return tuple(
            Element(each, f"{self.at(name)}[{place}]")
            if isinstance(each, dict)
            else self._no_object(name, place)
            for place, each in enumerate(value)
        )

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of the list under a name. Raises `FhirRefused`."""
        value = self.value.get(name, [])
        if not isinstance(value, list) or not all(
            isinstance(each, str) and each and _is_text(each) for each in value
        ):
            raise self._wrong(name, "a list of texts")
        return tuple(value)

    def only(self, *names: str) -> None:
        """Refuse a member that FHIR does not know here. Raises `FhirRefused`."""
        for name in self.value:
            if name.removeprefix("_") not in names:
                raise refused(400, "structure", "this element is not known here", self.path)

    def _wrong(self, name: str, expected: str) -> FhirRefused:
        return refused(400, "structure", f"{name} must be {expected}", self.at(name))

    def _no_object(self, name: str, place: int) -> NoReturn:
        raise refused(400, "structure", "an object is expected", f"{self.at(name)}[{place}]")


def resource(element: Element) -> str:
    """The type of a resource. Raises `FhirRefused`."""
    kind = element.text("resourceType", required=True)
    identifier = element.text("id")
    if identifier and not _ID.fullmatch(identifier):
        raise refused(400, "value", "an id is 1 to 64 letters, digits, - and .", element.at("id"))
    return kind


def parse(data: bytes) -> Element:
    """The resource in these bytes of JSON (UTF-8). Raises `FhirRefused`."""
    value = load(data)
    if not isinstance(value, dict):
        raise refused(400, "structure", "a resource, which is a JSON object, is expected")
    element = Element(value, "")
    kind = element.value.get("resourceType")
    if not isinstance(kind, str) or not kind.isascii() or not kind.isalpha():
        raise refused(400, "structure", "resourceType must name the type of the resource")
    return Element(value, kind)


def load(data: bytes) -> Any:
    """The value in these bytes of JSON. Raises `FhirRefused`."""
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_once,
            parse_constant=_no_constant,
            parse_float=_number,
        )
    except UnicodeDecodeError:
        raise refused(400, "structure", "the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise refused(
            400, "structure", f"the body is not JSON: {error.msg}, line {error.lineno}"
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise refused(400, "structure", "the body holds a number that is too long") from None
    _check_depth(value)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) != len(pairs):
        raise refused(400, "structure", "an object of the body holds a name twice")
    return held


def _no_constant(name: str) -> NoReturn:
    raise refused(400, "structure", f"{name} is not JSON")


def _number(text: str) -> float:
    if len(text) > 40:
        raise ValueError("too long")
    return float(text)


def _check_depth(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _depth in range(DEEPEST):
        level = [
            each
            for held in level
            for each in (held.values() if isinstance(held, dict) else held)
            if isinstance(each, dict | list)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> FhirRefused:
    return refused(400, "too-costly", f"objects hold each other more than {DEEPEST} deep")


def _is_text(value: str) -> bool:
    """Whether XML, and so the registry, can carry it: no control character, no lone surrogate."""
    return all(char >= " " or char in "\t\n\r" for char in value) and not any(
        "\ud800" <= char <= "\udfff" or char in "\ufffe\uffff" for char in value
    )
