"""Times, codes and identifiers of FHIR from those of XDS, and back (spec dmp §7.3).

XDS tells times in UTC as `YYYY[MM[DD[hh[mm[ss]]]]]`, patients as CX; FHIR needs the seconds of a
time that has an hour.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Any, Final

from carnet.standards.fhir import systems
from carnet.standards.fhir.outcome import FhirRefused, refused
from carnet.standards.fhir.reading import Element
from carnet.standards.hl7v2.er7 import STANDARD
from carnet.standards.ids import INS_OIDS, IdentifierError, Ins, Oid
from carnet.standards.xds.metadata import Code

Resource = dict[str, Any]

_DATE_TIME: Final = re.compile(
    r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])"
    r"(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?"
)
_SHA1: Final = re.compile(rb"[0-9a-fA-F]{40}")
_SPACE: Final = re.compile(r"\s+")


# Times


def instant(moment: datetime) -> str:
    """An aware time as an instant, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def date_time(dtm: str) -> str:
    """A time of XDS as a dateTime of the same precision, to the second from the hour on."""
    day = "-".join(part for part in (dtm[:4], dtm[4:6], dtm[6:8]) if part)
    if len(dtm) <= 8:
        return day
    return f"{day}T{dtm[8:10]}:{dtm[10:12] or '00'}:{dtm[12:14] or '00'}Z"


def whole_instant(dtm: str) -> str:
    """The first instant of a time of XDS, which may stop after any part."""
    return date_time(dtm + "00000101000000"[len(dtm) :])


def dtm(element: Element, name: str) -> str:
    """A dateTime as XDS tells it; empty when it is absent. Raises `FhirRefused`."""
    value = element.text(name)
    if not value:
        return ""
    wrong = refused(422, "value", f"{name} is not a dateTime of FHIR", element.at(name))
    if not _DATE_TIME.fullmatch(value):
        raise wrong
    try:
        if "T" not in value:
            datetime.fromisoformat(f"{value}-01-01"[:10])
            return value.replace("-", "")
        moment = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None
    return f"{moment:%Y%m%d%H%M%S}".rjust(14, "0")


# Codes


def coding(code: Code) -> Resource:
    """A Coding."""
    written = {"system": systems.url_of(code.scheme), "code": code.code}
    return {**written, "display": code.display} if code.display else written


def concept(code: Code) -> Resource:
    """A CodeableConcept of one coding."""
    return {"coding": [coding(code)]}


def read_coding(element: Element) -> Code:
    """The code of a Coding. Raises `FhirRefused`."""
    return Code(
        element.text("code", required=True),
        systems.scheme_of(element.text("system", required=True)),
        element.text("display"),
    )


def read_concept(element: Element | None) -> Code | None:
    """The first code of a CodeableConcept, which must have one. Raises `FhirRefused`."""
    if element is None:
        return None
    codings = element.children("coding")
    if not codings:
        raise refused(422, "required", "a coding is required", element.at("coding"))
    return read_coding(codings[0])


# Identifiers


def uri_identifier(uri: str, use: str = "") -> Resource:
    """An Identifier that is a URI by itself."""
    written = {"system": systems.URI, "value": uri}
    return {"use": use, **written} if use else written


def unique_id(identifier: Element) -> str:
    """The uniqueId of XDS in an identifier: an OID, a UUID under 2.25, or `OID^extension`.

    Raises `FhirRefused`.
    """
    system, value = identifier.text("system"), identifier.text("value", required=True)
    if system in ("", systems.URI):
        oid = systems.oid_of_uri(value)
        if oid:
            return oid
    elif root := systems.oid_of_uri(system):
        return f"{root}^{value}"
    raise refused(
        422,
        "value",
        "an OID of 64 characters at most, or a UUID, is expected: urn:oid: or urn:uuid:",
        identifier.at("value"),
    )


def unique_identifier(unique_id: str, use: str = "") -> Resource:
    """A uniqueId of XDS as an identifier (IHE MHD, table of the metadata)."""
    root, _, extension = unique_id.partition("^")
    if not extension:
        return uri_identifier(f"urn:oid:{root}", use)
    written = {"system": f"urn:oid:{root}", "value": extension}
    return {"use": use, **written} if use else written


def cx_identifier(cx: str) -> Resource:
    """The identifier of a CX (`id^^^&OID&ISO^type`)."""
    parts = [*cx.split("^"), "", "", "", ""]
    authority = parts[3].split("&")
    written = {"value": STANDARD.unescape(parts[0])}
    if len(authority) > 1 and authority[1]:
        written = {"system": f"urn:oid:{authority[1]}", **written}
    return written


def cx(identifier: Element, kind: str) -> str:
    """The CX of an identifier whose system is an OID. Raises `FhirRefused`."""
    value = identifier.text("value", required=True)
    oid = systems.oid_of_uri(identifier.text("system", required=True))
    if not oid:
        raise refused(422, "value", "the system must be a urn:oid:", identifier.at("system"))
    return f"{STANDARD.escaped(value)}^^^&{oid}&ISO^{'NH' if oid in INS_OIDS else kind}"


def read_ins(identifier: Element) -> Ins | None:
    """The INS that an identifier is; none when its system is another. Raises `FhirRefused`."""
    oid = systems.oid_of_uri(identifier.text("system"))
    if oid not in INS_OIDS:
        return None
    try:
        return Ins(identifier.text("value", required=True), Oid(oid))
    except IdentifierError:
        raise refused(
            422,
            "value",
            "an INS is a matricule of 13 characters and its key",
            identifier.at("value"),
        ) from None


# Bytes


def read_bytes(element: Element, name: str, *, limit: int) -> bytes:
    """The bytes of a base64Binary, white space allowed. Raises `FhirRefused`."""
    value = element.value.get(name)
    if not isinstance(value, str) or not value:
        raise refused(422, "required", f"{name} is required, in base64", element.at(name))
    if len(value) > 2 * limit:
        raise _too_long(element, name, limit)
    try:
        data = base64.b64decode(_SPACE.sub("", value), validate=True)
    except (binascii.Error, ValueError):
        raise refused(422, "value", f"{name} is not base64", element.at(name)) from None
    if len(data) > limit:
        raise _too_long(element, name, limit)
    return data


def _too_long(element: Element, name: str, limit: int) -> FhirRefused:
    return refused(413, "too-long", f"a document exceeds {limit} bytes", element.at(name))


def hash_of(sha1: str) -> str:
    """The SHA-1 in hexadecimal of XDS as FHIR has it: the bytes in base64."""
    return base64.b64encode(bytes.fromhex(sha1)).decode()


def read_hash(element: Element, name: str) -> str:
    """The SHA-1 in hexadecimal; empty when absent.

    Some software, as the examples of MHD, puts the hexadecimal text itself in base64: it is
    understood too. Raises `FhirRefused`.
    """
    value = element.text(name)
    if not value:
        return ""
    data = read_bytes(element, name, limit=1024)
    if len(data) == 20:
        return data.hex()
    if _SHA1.fullmatch(data):
        return data.decode().lower()
    raise refused(422, "value", "hash is not a SHA-1 in base64", element.at(name))
