"""The forms of XDS attribute values: what is expected, in words, and the test of it.

Source: ITI TF-3, 4.2.3.1 (data types); spec dmp §3.4 and §3.7 (French forms).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from carnet.standards.ids import IdentifierError, Ins, Oid, PsIdNat


@dataclass(frozen=True, slots=True)
class Form:
    """A form: `expected` completes the sentence "… is not …"."""

    expected: str
    accepts: Callable[[str], object]


def _pattern(expected: str, pattern: str) -> Form:
    return Form(expected, re.compile(pattern).fullmatch)


_OID: Final = r"[0-2](?:\.(?:0|[1-9][0-9]*+))++"
_AUTHORITY: Final = re.compile(rf"[^&^]*&{_OID}&ISO")


def _is_oid(value: str) -> bool:
    try:
        Oid(value)
    except IdentifierError:
        return False
    return True


def _is_ins(value: str) -> bool:
    parts = value.split("^")
    try:
        Ins.from_cx(value)
    except IdentifierError:
        return False
    return _AUTHORITY.fullmatch(parts[3]) is not None and parts[4:5] == ["NH"]


def _is_time(value: str) -> bool:
    """A date and time that exists, cut after any of its parts."""
    if len(value) not in (4, 6, 8, 10, 12, 14) or not (value.isascii() and value.isdigit()):
        return False
    month, day = int(value[4:6] or 1), int(value[6:8] or 1)
    hour, minute, second = int(value[8:10] or 0), int(value[10:12] or 0), int(value[12:] or 0)
    try:
        datetime(int(value[:4]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return False
    return True


#: XCN.13 of each kind of author (spec dmp §3.7).
_PERSON_TYPES: Final = frozenset({"IDNPS", "EI", "NH", "RI"})


def _is_person(value: str) -> bool:
    """XCN: id^surname^given name^^^^^^&authority&ISO^name type^^^id type."""
    parts = value.split("^")
    if len(parts) != 13 or not parts[0] or parts[12] not in _PERSON_TYPES:
        return False
    if parts[12] == "IDNPS":
        try:
            PsIdNat(parts[0])
        except IdentifierError:
            return False
    return _AUTHORITY.fullmatch(parts[8]) is not None


def _is_structure(value: str) -> bool:
    """XON: name^^^^^&authority&ISO^id type^^^id; without id, none of the three and a name."""
    parts = value.split("^")
    if len(parts) == 1 or (len(parts) == 10 and not any(parts[1:])):
        return bool(parts[0])
    return (
        len(parts) == 10
        and _AUTHORITY.fullmatch(parts[5]) is not None
        and bool(parts[6] and parts[9])
    )


OID: Final = Form("an OID of 64 characters at most, without extension", _is_oid)
#: Sources that number themselves with a first arc that no OID has are many, NIST's among them.
DOTTED: Final = _pattern(
    "dotted numbers, 64 characters at most", r"(?=.{3,64}\Z)[0-9]+(?:\.(?:0|[1-9][0-9]*))+"
)
OID_EXTENSION: Final = _pattern(
    "an OID with at most an extension, 128 characters",
    rf"(?=.{{3,128}}\Z){_OID}(?:\^[^^]{{1,16}})?",
)
TIME: Final = Form("a time YYYY[MM[DD[hh[mm[ss]]]]] in UTC", _is_time)
SECOND: Final = Form(
    "a time YYYYMMDDhhmmss in UTC", lambda value: len(value) == 14 and _is_time(value)
)
INS: Final = Form("an INS matricule^^^&OID&ISO^NH", _is_ins)
CX: Final = _pattern("an identifier id^^^&OID&ISO", rf"[^^]+\^\^\^[^&^]*&{_OID}&ISO(?:\^.*)?")
PERSON: Final = Form("a person or system as spec XCN of the CI-SIS says", _is_person)
STRUCTURE: Final = Form("a structure as spec XON of the CI-SIS says", _is_structure)
TRIPLET: Final = _pattern("code^label^code system", r"[^^]+\^[^^]*\^[^^]+")
TITLE: Final = Form("a title of 128 characters at most", lambda value: len(value) <= 128)
LANGUAGE: Final = _pattern(
    "a language as fr-FR (or art for a signature)", r"[a-z]{2,3}(?:-[A-Z]{2})?"
)
MIME_DMP: Final = _pattern(
    "text/xml, application/xslt+xml or application/dicom",
    r"text/xml|application/(?:xslt\+xml|dicom)",
)
MIME: Final = _pattern("a media type", r"[!-.0-~]+/[!-.0-~]+")
TRAIT: Final = _pattern("a trait PID-n|value", r"PID-[0-9]{1,2}\|.*")
REFERENCE_DMP: Final = _pattern(
    "a reference id^^^&OID&ISO^type with a type of JDV_J231",
    rf"[^^]+\^\^\^(?:[^&^]*&{_OID}&ISO)?\^"
    r"urn:ihe:iti:xds:(?:2013:accession|2013:order|2016:studyInstanceUID)",
)
REFERENCE: Final = _pattern("a reference id^^^authority^type", r"[^^]+\^[^^]*\^[^^]*\^[^^]*\^.+")
SHA1: Final = _pattern("a SHA-1 in hexadecimal", r"[0-9a-fA-F]{40}")
STABLE: Final = _pattern(
    "the objectType of a stable document", r"urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
)
