"""Searches of the directory: what a request asks with the `parameters` of a resource.

As the real API, a parameter that a resource does not have is refused: passed over, it would answer
with the whole directory. Source: HL7 FHIR R4, 3.1.1; ANS, documentation of the API.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from carnet.standards.fhir.directory import parameters
from carnet.standards.fhir.directory.ids import referred
from carnet.standards.fhir.directory.parameters import PARAMETERS, REFERENCES
from carnet.standards.fhir.directory.systems import canonical
from carnet.standards.fhir.outcome import FhirRefused, Issue, refused
from carnet.standards.fhir.parameters import Kind, Parameter
from carnet.standards.fhir.search import (
    LONGEST_VALUE,
    MOST_PARAMETERS,
    MOST_VALUES,
    Handling,
    Range,
    Token,
    alternatives,
    date_range,
    token,
    unescaped,
)

DEFAULT_COUNT: Final = 50
MOST_COUNT: Final = 1000

Value = Token | Range | str | int


@dataclass(frozen=True, slots=True)
class Condition:
    """The field agrees, in the way of the modifier, with one of the values.

    `via` is the reference whose target has the field (`practitioner` of `practitioner.family`), or
    empty. Systems of tokens are as this API writes them; references are numbers.
    """

    via: str
    field: str
    modifier: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked of a resource. `after` is the number that the page begins after.

    `total` is "none" (told when it costs nothing), or "accurate"; `used` says all of it again.
    """

    resource: str
    conditions: tuple[Condition, ...] = ()
    count: int = DEFAULT_COUNT
    after: int = 0
    total: str = "none"
    elements: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    reverse: tuple[str, ...] = ()
    used: tuple[tuple[str, str], ...] = ()
    ignored: tuple[Issue, ...] = ()


_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_ELEMENT: Final = re.compile(r"[A-Za-z][A-Za-z.]{0,60}")
#: What is said of the form of the answer; fhirpy says the last one beside `_summary=count`.
_FORMS: Final = frozenset({"_format", "_pretty", "_totalMethod"})
_CONTROLS: Final = frozenset(
    {"_count", "_total", "_summary", "_cursor", "_elements", "_include", "_revinclude"}
)


def read(
    resource: str,
    pairs: Sequence[tuple[str, str]],
    *,
    now: datetime,
    handling: Handling = "strict",
) -> Search:
    """The search of these parameters. Raises `FhirRefused`."""
    if len(pairs) > MOST_PARAMETERS:
        raise refused(400, "too-costly", f"at most {MOST_PARAMETERS} parameters")
    return _Reading(resource, handling, now).search(pairs)


class _Reading:
    """One request, parameter by parameter."""

    def __init__(self, resource: str, handling: Handling, now: datetime) -> None:
        self._resource = resource
        self._handling = handling
        self._now = now
        self._ignored: list[Issue] = []

    def search(self, pairs: Sequence[tuple[str, str]]) -> Search:
        conditions: list[Condition] = []
        used: list[tuple[str, str]] = []
        controls: dict[str, list[str]] = {}
        for name, value in pairs:
            if len(value) > LONGEST_VALUE or "\x00" in value or "\x00" in name:
                raise _wrong(name, "its value is too long, or no text")
            if name in _FORMS:
                continue
            if name.partition(":")[0] in _CONTROLS:
                controls.setdefault(name.partition(":")[0], []).append(value)
                continue
            condition = self._condition(name, value)
            if condition is not None:
                conditions.append(condition)
                used.append((name, value))
        total = self._choice(controls, "_total", ("none", "estimate", "accurate"), "none")
        summary = self._choice(controls, "_summary", ("false", "count"), "false")
        count = 0 if summary == "count" else self._number(controls, "_count", DEFAULT_COUNT)
        used += [
            (name, value)
            for name, values in controls.items()
            if name != "_cursor"
            for value in values
        ]
        return Search(
            resource=self._resource,
            conditions=tuple(conditions),
            count=min(count, MOST_COUNT),
            after=self._number(controls, "_cursor", 0),
            total="none" if total == "none" and count else "accurate",
            elements=self._elements(controls.get("_elements", [])),
            include=self._followed(controls, "_include", parameters.includes(self._resource)),
            reverse=self._followed(
                controls, "_revinclude", parameters.reverse_includes(self._resource)
            ),
            used=tuple(used),
            ignored=tuple(self._ignored),
        )

    def _condition(self, said: str, value: str) -> Condition | None:
        name, _, modifier = said.partition(":")
        via, dot, rest = name.partition(".")
        target = REFERENCES.get((self._resource, via), "") if dot else self._resource
        name = rest if dot else name
        parameter = next((each for each in PARAMETERS.get(target, ()) if each.name == name), None)
        if parameter is None:
            self._pass_over(said, f"is not a parameter of {self._resource} here")
            return None
        if not value:
            self._pass_over(said, "has no value")
            return None
        if modifier and modifier not in parameter.modifiers:
            raise _wrong(said, "does not take this modifier")
        texts = alternatives(value)
        if not 0 < len(texts) <= MOST_VALUES:
            raise _wrong(said, f"takes 1 to {MOST_VALUES} values")
        return Condition(
            via if dot else "",
            parameter.field,
            modifier,
            tuple(self._value(target, parameter, text) for text in texts),
        )

    def _value(self, resource: str, parameter: Parameter, text: str) -> Value:
        match parameter.kind:
            case Kind.DATE:
                try:
                    return date_range(text, now=self._now)
                except ValueError as error:
                    raise _wrong(parameter.name, str(error)) from None
            case Kind.REFERENCE:
                target = REFERENCES[resource, parameter.name]
                number = referred(target, unescaped(text))
                if number is None:
                    raise _wrong(parameter.name, f"is told as {target}/[id]")
                return number
            case Kind.TOKEN:
                found = token(text)
                system = _system_of(text, found)
                if parameter.field == "active" and found.code not in ("true", "false"):
                    raise _wrong(parameter.name, "is true or false")
                return Token(system, found.code)
            case _:
                return unescaped(text)

    def _number(self, controls: dict[str, list[str]], name: str, default: int) -> int:
        value = controls.get(name, [""])[-1]
        if not value:
            return default
        if not _NUMBER.fullmatch(value):
            raise _wrong(name, "must be a whole number")
        return int(value)

    def _choice(
        self, controls: dict[str, list[str]], name: str, choices: Sequence[str], default: str
    ) -> str:
        value = controls.get(name, [default])[-1] or default
        if value not in choices:
            raise _wrong(name, f"is one of {', '.join(choices)}")
        return value

    def _elements(self, values: Sequence[str]) -> tuple[str, ...]:
        names = [name for value in values for name in value.split(",") if name]
        if not all(_ELEMENT.fullmatch(name) for name in names):
            raise _wrong("_elements", "takes names of elements")
        return tuple(name.rpartition(".")[2] for name in names)

    def _followed(
        self, controls: dict[str, list[str]], name: str, known: Sequence[str]
    ) -> tuple[str, ...]:
        asked = controls.get(name, [])
        for value in asked:
            if value not in known:
                raise _wrong(name, f"takes {', '.join(known) or 'nothing'} of {self._resource}")
        if "*" in asked:
            return tuple(each for each in known if each != "*")
        return tuple(dict.fromkeys(asked))

    def _pass_over(self, name: str, problem: str) -> None:
        issue = Issue("not-supported", f"{_shown(name)} {problem}")
        if self._handling == "strict":
            raise FhirRefused(400, issue)
        self._ignored.append(
            Issue("not-supported", f"{issue.sentence}: passed over", severity="warning")
        )


def _system_of(text: str, found: Token) -> str | None:
    """The system of a token, as this API writes it; none when the value has no bar."""
    if found.system is None:
        return None
    return canonical(unescaped(re.split(r"(?<!\\)\|", text, maxsplit=1)[0]))


def _wrong(name: str, problem: str) -> FhirRefused:
    return refused(400, "value", f"{_shown(name)} {problem}")


def _shown(name: str) -> str:
    """A name as it may be told again: short, and printable."""
    return "".join(char for char in name[:60] if char.isprintable())
