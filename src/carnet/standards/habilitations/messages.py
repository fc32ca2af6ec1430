"""Reads and writes the messages of the three operations, by the table of `forms`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, Literal

from lxml import etree

from carnet.standards.habilitations.forms import FORMS, OPERATIONS, Element, Operation, Time
from carnet.standards.habilitations.model import Answer, Request
from carnet.standards.soap.envelope import SoapFault
from carnet.standards.xml import escape

_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}
_TIME: Final = re.compile(r"[0-9]{14}")
_Side = Literal["Sender", "Receiver"]


def operation_of(message: Request | Answer) -> Operation:
    """The operation that asks or answers this."""
    return next(one for one in OPERATIONS if type(message) in (one.request, one.answer))


def read_request(payload: etree._Element) -> Request:
    """Read what is asked. Raises `SoapFault` (Sender) that says what is wrong."""
    operation = _operation(payload, "", "Sender")
    request: Request = _read(payload, operation, operation.request, "Sender")
    return request


def read_answer(payload: etree._Element) -> Answer:
    """Read an answer, whatever its status. Raises `SoapFault` (Receiver) on nonsense."""
    operation = _operation(payload, "Response", "Receiver")
    output = payload.find(f"{{{operation.namespace}}}output")
    if output is None:
        raise SoapFault("Receiver", "the answer has no output")
    answer: Answer = _read(output, operation, operation.answer, "Receiver")
    return answer


def _operation(payload: etree._Element, suffix: str, side: _Side) -> Operation:
    names = {f"{{{one.namespace}}}{one.name}{suffix}": one for one in OPERATIONS}
    operation = names.get(str(payload.tag))
    if operation is None:
        raise SoapFault(side, f"one of {', '.join(one.name for one in OPERATIONS)} is expected")
    return operation


def _read(owner: etree._Element, operation: Operation, make: type[Any], side: _Side) -> Any:
    forms = {f"{{{operation.namespace}}}{form.name}": form for form in FORMS[make]}
    found: dict[str, list[Any]] = {}
    for child in owner.iterchildren(tag=etree.Element):
        form = forms.get(str(child.tag))
        if form is None:
            name = etree.QName(child).localname
            raise SoapFault(side, f"{name} has no place in {etree.QName(owner).localname}")
        found.setdefault(form.field, []).append(_value(child, form, operation, side))
    fields: dict[str, Any] = {}
    for form in FORMS[make]:
        values = [value for value in found.get(form.field, []) if value not in ("", None)]
        if form.required and not values:
            raise SoapFault(side, f"{form.name} is required")
        if len(values) > 1 and not form.many:
            raise SoapFault(side, f"{form.name} is given more than once")
        if form.many:
            fields[form.field] = tuple(values)
        elif values:
            fields[form.field] = values[0]
    return make(**fields)


def _value(element: etree._Element, form: Element, operation: Operation, side: _Side) -> Any:
    """The value of an element; an empty one is none."""
    if form.type in FORMS:
        return _read(element, operation, form.type, side)
    text = (element.text or "").strip()
    if not text:
        return None
    if form.type is bool and text in _BOOLEANS:
        return _BOOLEANS[text]
    if form.type is str or (form.type is Time and _TIME.fullmatch(text)):
        return text
    if issubclass(form.type, StrEnum) and text in form.type.__members__:
        return form.type(text)
    raise SoapFault(side, f"{form.name} is not {expected(form)}")


def expected(form: Element) -> str:
    """What an element holds, in words."""
    if issubclass(form.type, StrEnum):
        return " or ".join(form.type)
    return {bool: "true or false", Time: "a time YYYYMMDDhhmmss"}.get(form.type, "a text")


def write_request(request: Request) -> bytes:
    """The payload that asks."""
    operation = operation_of(request)
    content = "".join(_written(request))
    return (
        f'<{operation.name} xmlns="{operation.namespace}">{content}</{operation.name}>'
    ).encode()


def write_answer(answer: Answer) -> bytes:
    """The payload that answers."""
    operation = operation_of(answer)
    content = "".join(_written(answer))
    return (
        f'<{operation.name}Response xmlns="{operation.namespace}"><output>{content}</output>'
        f"</{operation.name}Response>"
    ).encode()


def _written(owner: Any) -> Iterator[str]:
    for form in FORMS[type(owner)]:
        held = getattr(owner, form.field)
        for value in held if form.many else (held,):
            if form.type in FORMS:
                yield f"<{form.name}>{''.join(_written(value))}</{form.name}>"
            elif form.type is bool:
                yield f"<{form.name}>{'true' if value else 'false'}</{form.name}>"
            elif value:
                yield f"<{form.name}>{escape(value)}</{form.name}>"
