"""Searches of FHIR: what a request asks with the `parameters` of a resource.

Repeated parameters all hold, values separated by commas are alternatives. Source: HL7 FHIR R4,
3.1.1 (search).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from carnet.standards.fhir import systems
from carnet.standards.fhir.outcome import FhirRefused, Issue, refused
from carnet.standards.fhir.parameters import DEFAULT_SORT, PARAMETERS, SORTS, Kind, Parameter
from carnet.standards.fhir.references import document_of, ins_of_reference, ins_of_token
from carnet.standards.ids import Ins

DEFAULT_COUNT: Final = 50
MOST_COUNT: Final = 200
MOST_PARAMETERS: Final = 60
MOST_VALUES: Final = 100
LONGEST_VALUE: Final = 500


@dataclass(frozen=True, slots=True)
class Token:
    """`system|code`: a system of none matches any, an empty one matches codes without system.

    `system` is told as XDS has it (an OID); no code means any code of the system.
    """

    system: str | None
    code: str


@dataclass(frozen=True, slots=True)
class Range:
    """A time as FHIR compares it: `prefix` and the instants from `low`, included, to `high`."""

    prefix: str
    low: datetime
    high: datetime


Value = Token | Range | str | Ins | UUID


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition: the field agrees, in the way of the modifier, with one of the values."""

    field: str
    modifier: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page starts: after the object that had this instant and this id."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        text = f"{self.at.astimezone(UTC).isoformat()}~{self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked. `sort` is a field, `newest_first` its direction; `used` says it all again."""

    criteria: tuple[Criterion, ...]
    count: int = DEFAULT_COUNT
    sort: str = "period"
    newest_first: bool = True
    cursor: Cursor | None = None
    total: bool = True
    used: tuple[tuple[str, str], ...] = ()
    ignored: tuple[Issue, ...] = ()

    def values(self, field: str) -> tuple[Value, ...]:
        """The values of all criteria of a field."""
        return tuple(
            value for each in self.criteria if each.field == field for value in each.values
        )

    def has(self, field: str) -> bool:
        """Whether there is a criterion of this field."""
        return any(each.field == field for each in self.criteria)


_PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_DATE: Final = re.compile(
    r"([a-z]{2})?([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})"
    r"(?::([0-9]{2})(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)
_SPLIT: Final = re.compile(r"((?:\\.|[^\\,])*)(?:,|$)")
_ESCAPED: Final = re.compile(r"\\(.)")
_COUNT: Final = re.compile(r"[0-9]{1,6}")
#: What a request may say of the form of the answer, not of what is sought.
_FORMS: Final = frozenset({"_format", "_pretty"})

Handling = Literal["strict", "lenient"]


def read(
    resource: str,
    pairs: Sequence[tuple[str, str]],
    *,
    now: datetime,
    handling: Handling = "lenient",
) -> Search:
    """The search of these parameters. Raises `FhirRefused`.

    A parameter that the resource does not have is passed over, and told, unless the caller asks for
    strict handling; an unknown modifier or a value that cannot be read is always refused (3.1.1.3).
    """
    if len(pairs) > MOST_PARAMETERS:
        raise refused(400, "too-costly", f"at most {MOST_PARAMETERS} parameters")
    return _Reading(resource, handling, now).search(pairs)


class _Reading:
    """One request, parameter by parameter."""

    def __init__(self, resource: str, handling: Handling, now: datetime) -> None:
        self._resource = resource
        self._parameters = {each.name: each for each in PARAMETERS[resource]}
        self._handling = handling
        self._now = now
        self._ignored: list[Issue] = []

    def search(self, pairs: Sequence[tuple[str, str]]) -> Search:
        criteria: list[Criterion] = []
        used: list[tuple[str, str]] = []
        controls: dict[str, str] = {}
        for name, value in pairs:
            if len(value) > LONGEST_VALUE or "\x00" in value:
                raise self._wrong(name, "its value is too long, or no text")
            if name in _FORMS:
                continue
            if name in ("_count", "_sort", "_total", "_summary", "_cursor"):
                controls[name] = value
                continue
            criterion = self._criterion(name, value)
            if criterion is not None:
                criteria.append(criterion)
                used.append((name, value))
        count = self._count(controls)
        sort, newest_first, told = self._sort(controls.get("_sort", ""))
        used += [(name, controls[name]) for name in ("_count", "_total") if name in controls]
        used += [("_sort", told)] if told else []
        return Search(
            criteria=tuple(criteria),
            count=count,
            sort=sort,
            newest_first=newest_first,
            cursor=self._cursor(controls.get("_cursor", "")),
            total=controls.get("_total") != "none",
            used=tuple(used),
            ignored=tuple(self._ignored),
        )

    def _criterion(self, said: str, value: str) -> Criterion | None:
        name, _, modifier = said.partition(":")
        parameter = self._parameters.get(name)
        if parameter is None:
            self._pass_over(said, "is not a parameter of this resource here")
            return None
        if not value:
            self._pass_over(said, "has no value")
            return None
        if modifier and modifier not in parameter.modifiers:
            raise self._wrong(said, "does not take this modifier")
        texts = alternatives(value)
        if not 0 < len(texts) <= MOST_VALUES:
            raise self._wrong(said, f"takes 1 to {MOST_VALUES} values")
        kind = Kind.TOKEN if modifier == "identifier" else parameter.kind
        return Criterion(
            parameter.field,
            "" if modifier == "identifier" else modifier,
            tuple(self._value(parameter, kind, text) for text in texts),
        )

    def _value(self, parameter: Parameter, kind: Kind, text: str) -> Value:
        if kind is Kind.DATE:
            return self._date(parameter.name, text)
        plain = _ESCAPED.sub(r"\1", text)
        if parameter.field == "patient":
            return self._patient(parameter.name, kind, text)
        if parameter.field == "id":
            return _uuid(plain) or plain
        if parameter.field == "relates_to":
            found = document_of(plain) or document_of(f"DocumentReference/{plain}")
            if not found:
                raise self._wrong(parameter.name, "is told as DocumentReference/[id]")
            return UUID(found)
        if kind is Kind.REFERENCE:
            raise self._wrong(parameter.name, "is told by its identifier here: [name]:identifier=")
        return token(text) if kind is Kind.TOKEN else plain

    def _patient(self, name: str, kind: Kind, text: str) -> Ins:
        plain = _ESCAPED.sub(r"\1", text)
        found = ins_of_token(plain) if kind is Kind.TOKEN else ins_of_reference(plain)
        if found is None:
            raise self._wrong(name, "must be an INS: urn:oid:[OID]|[matricule] by the identifier")
        return found

    def _date(self, name: str, text: str) -> Range:
        try:
            return date_range(text, now=self._now)
        except ValueError as error:
            raise self._wrong(name, str(error)) from None

    def _count(self, controls: Mapping[str, str]) -> int:
        summary = controls.get("_summary", "")
        if summary not in ("", "false", "count"):
            self._pass_over("_summary", "is served as count or false")
        if summary == "count":
            return 0
        value = controls.get("_count", str(DEFAULT_COUNT))
        if not _COUNT.fullmatch(value):
            raise self._wrong("_count", "must be a whole number")
        return min(int(value), MOST_COUNT)

    def _sort(self, value: str) -> tuple[str, bool, str]:
        """The field, whether the newest comes first, and what was understood."""
        sorts = SORTS[self._resource]
        if not value:
            return DEFAULT_SORT[self._resource], True, ""
        first, _, others = value.partition(",")
        field = sorts.get(first.removeprefix("-"))
        if field is None or others:
            self._pass_over("_sort", f"sorts by one of {', '.join(sorts)}")
        if field is None:
            return DEFAULT_SORT[self._resource], True, ""
        return field, first.startswith("-"), first

    def _cursor(self, value: str) -> Cursor | None:
        if not value:
            return None
        try:
            text = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("ascii")
            at, _, identifier = text.partition("~")
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None:
                raise ValueError("no time zone")
            return Cursor(moment.astimezone(UTC), UUID(identifier))
        except (binascii.Error, ValueError, OverflowError):
            raise self._wrong("_cursor", "is not one that this server gave") from None

    def _pass_over(self, name: str, problem: str) -> None:
        if self._handling == "strict":
            raise FhirRefused(400, Issue("not-supported", f"{_shown(name)} {problem}"))
        self._ignored.append(
            Issue("not-supported", f"{_shown(name)} {problem}: passed over", severity="warning")
        )

    def _wrong(self, name: str, problem: str) -> FhirRefused:
        return refused(400, "value", f"{_shown(name)} {problem}")


def _shown(name: str) -> str:
    """A name as it may be told again: short, and printable."""
    return "".join(char for char in name[:60] if char.isprintable())


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def alternatives(value: str) -> list[str]:
    """The values of a parameter: those between commas that are not escaped, still escaped."""
    return [match for match in _SPLIT.findall(value)[:-1] or [value] if match]


def unescaped(text: str) -> str:
    """A value without the bars that escape commas and others (3.1.1.4.1)."""
    return _ESCAPED.sub(r"\1", text)


def date_range(text: str, *, now: datetime) -> Range:
    """A value of a parameter of type date. Raises `ValueError` with what is expected."""
    matched = _DATE.fullmatch(text)
    prefix = (matched[1] if matched else "") or "eq"
    if matched is None or prefix not in _PREFIXES:
        raise ValueError("takes dates: [prefix]YYYY[-MM[-DD[Thh:mm[:ss][zone]]]]")
    try:
        low, high = _interval(matched)
        if prefix == "ap":
            # HL7 FHIR R4, 3.1.1.4.5: a tenth of the time between the value and now.
            around = abs(now - low) / 10
            low, high = low - around, high + around
    except (ValueError, OverflowError):
        raise ValueError("takes dates that exist") from None
    return Range(prefix, low, high)


def token(text: str) -> Token:
    """The value of a token; a bar that is escaped is part of the code."""
    parts = re.split(r"(?<!\\)\|", text, maxsplit=1)
    plain = [_ESCAPED.sub(r"\1", part) for part in parts]
    if len(plain) == 1:
        return Token(None, plain[0])
    system, code = plain
    if system == systems.URI and (oid := systems.oid_of_uri(code)):
        return Token(system, oid if code.startswith("urn:oid:") else code.lower())
    return Token(systems.scheme_of(system) if system else "", code)


def _interval(matched: re.Match[str]) -> tuple[datetime, datetime]:
    """The instants that a date covers; one without a zone is in UTC, as all times of XDS."""
    _prefix, year, month, day, hour, minute, second, fraction, zone = matched.groups()
    zoned = datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").tzinfo if zone else UTC
    microsecond = int(float(fraction or 0) * 1_000_000)
    low = datetime(
        int(year),
        int(month or 1),
        int(day or 1),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        microsecond,
        tzinfo=zoned,
    ).astimezone(UTC)
    if month is None:
        return low, low.replace(year=low.year + 1)
    if day is None:
        return low, (low + timedelta(days=31)).replace(day=1)
    if hour is None:
        return low, low + timedelta(days=1)
    if second is None:
        return low, low + timedelta(minutes=1)
    if fraction is None:
        return low, low + timedelta(seconds=1)
    return low, low + timedelta(microseconds=max(1, 10 ** (7 - len(fraction))))
