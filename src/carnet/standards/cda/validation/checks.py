"""The checks that an XPath expression cannot say: formats, dates, value sets, embedded bytes."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Final

from lxml import etree

from carnet.standards import nos
from carnet.standards.cda.document import CdaError, text_of
from carnet.standards.cda.reading import decode
from carnet.standards.cda.validation.rule import Check
from carnet.standards.ids import IdentifierError, Ins, Oid, PsIdNat, StructIdNat

_TS: Final = re.compile(r"(?P<digits>\d{4}(\d{2}){0,5})(\.\d+)?(?P<offset>[+-]\d*)?", re.ASCII)
_OFFSET: Final = re.compile(r"[+-](0\d|1[0-4])[0-5]\d", re.ASCII)
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_ACTIVE_LINK: Final = re.compile(r"(javascript|vbscript|data):", re.IGNORECASE)

#: How many characters of a content are enough to know it by its first bytes.
_HEAD: Final = 64
#: How the bytes of each media type begin.
_MAGIC: Final = {
    "application/pdf": (b"%PDF-",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/tiff": (b"II*\x00", b"MM\x00*"),
    "text/rtf": (b"{\\rtf",),
}


def has_text(element: etree._Element) -> bool:
    """The element holds more than spaces."""
    return bool(text_of(element))


def at_most(length: int) -> Check:
    """The text of the element has `length` characters at most."""
    return lambda element: len(text_of(element)) <= length


def attribute(name: str, pattern: str) -> Check:
    """The whole attribute `name` follows `pattern`."""
    compiled = re.compile(pattern)
    return lambda element: compiled.fullmatch(element.get(name, "")) is not None


def text(pattern: str) -> Check:
    """The whole text follows `pattern`."""
    compiled = re.compile(pattern)
    return lambda element: compiled.fullmatch(text_of(element)) is not None


def in_value_set(name: str) -> Check:
    """`@code` of `@codeSystem` is in the value set `name` of `nos`."""
    return lambda element: (
        nos.value_set(name).find(element.get("code", ""), element.get("codeSystem", "")) is not None
    )


def published_label(name: str) -> Check:
    """`@displayName` is the published label; a code that we do not know is not judged."""

    def check(element: etree._Element) -> bool:
        concept = nos.value_set(name).find(element.get("code", ""), element.get("codeSystem", ""))
        return concept is None or concept.display == element.get("displayName")

    return check


def timestamp(*, digits: int = 4, offset: bool = False) -> Check:
    """`@value` is a real date of at least `digits` digits, with a right offset if asked.

    Without `offset`, what follows the digits is not judged: published documents write `+100`.
    """

    def check(element: etree._Element) -> bool:
        read = _TS.fullmatch(element.get("value", ""))
        return (
            read is not None
            and len(read["digits"]) >= digits
            and _is_moment(read["digits"])
            and (not offset or _OFFSET.fullmatch(read["offset"] or "") is not None)
        )

    return check


def ordered(element: etree._Element) -> bool:
    """An interval does not end before it begins, as far as both ends can be compared."""
    ends = [_TS.fullmatch(e.get("value", "")) for e in element.iterchildren("{*}low", "{*}high")]
    if (
        len(ends) != 2
        or ends[0] is None
        or ends[1] is None
        or ends[0]["offset"] != ends[1]["offset"]
    ):
        return True
    low, high = ends[0]["digits"], ends[1]["digits"]
    shared = min(len(low), len(high))
    return low[:shared] <= high[:shared]


def oid(element: etree._Element) -> bool:
    """The identifier is a bare OID: what the registry takes as uniqueId."""
    return element.get("extension") is None and _is_oid(element.get("root", ""))


def root_shape(element: etree._Element) -> bool:
    """`@root` is an OID or a UUID."""
    root = element.get("root", "")
    return _is_oid(root) or _UUID.fullmatch(root) is not None


def code_system_shape(element: etree._Element) -> bool:
    """`@codeSystem` is an OID."""
    return _is_oid(element.get("codeSystem", ""))


def ins_shape(element: etree._Element) -> bool:
    """The matricule has 15 characters of the right kinds."""
    return _ins(element) is not None


def ins_key(element: etree._Element) -> bool:
    """The key is the one of the matricule; a matricule of another shape is not judged."""
    ins = _ins(element)
    return ins is None or ins.key_valid


def ps_id(element: etree._Element) -> bool:
    """`@extension` is a national identifier of a person or system (idNat_PS)."""
    return _is(PsIdNat, element.get("extension", ""))


def struct_id(element: etree._Element) -> bool:
    """`@extension` is a national identifier of a structure (idNat_Struct)."""
    return _is(StructIdNat, element.get("extension", ""))


def declared_utf8(element: etree._Element) -> bool:
    """The file is in UTF-8."""
    return (element.getroottree().docinfo.encoding or "UTF-8").upper() in ("UTF-8", "ASCII")


def decodable(element: etree._Element) -> bool:
    """The content is base64, whatever its media type."""
    return _content(element) is not None


def begins_as_declared(element: etree._Element) -> bool:
    """The bytes begin as `@mediaType` says; what cannot be decoded is not judged."""
    magic = _MAGIC.get(element.get("mediaType", ""))
    if magic is None or _head(element).startswith(magic):
        return True
    return (content := _content(element)) is None or content.startswith(magic)


def pdf(element: etree._Element) -> bool:
    """The element holds a PDF."""
    content = _content(element)
    return (
        content is not None
        and element.get("mediaType") == "application/pdf"
        and content.startswith(_MAGIC["application/pdf"])
    )


def safe_link(element: etree._Element) -> bool:
    """The target of a link is not a script."""
    # A browser ignores spaces and controls inside a scheme.
    target = re.sub(r"[\x00-\x20]", "", element.get("href", ""))
    return _ACTIVE_LINK.match(target) is None


def _is_moment(digits: str) -> bool:
    full = digits + "0101000000"[len(digits) - 4 :]
    month, day, hour, minute, second = (int(full[at : at + 2]) for at in range(4, 14, 2))
    try:
        # The offset is judged apart: only the calendar is checked here.
        datetime(int(digits[:4]), month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return False
    return True


def _is(kind: type[Oid | PsIdNat | StructIdNat], value: str) -> bool:
    try:
        kind(value)
    except IdentifierError:
        return False
    return True


def _is_oid(value: str) -> bool:
    return _is(Oid, value)


def _ins(element: etree._Element) -> Ins | None:
    try:
        return Ins(element.get("extension", ""), Oid(element.get("root", "")))
    except IdentifierError:
        return None


def _head(element: etree._Element) -> bytes:
    """The first bytes of what is in base64: most contents need not be decoded to be known."""
    packed = "".join((element.text or "")[:_HEAD].split())
    try:
        return base64.b64decode(packed[: len(packed) // 4 * 4])
    except ValueError:
        return b""


def _content(element: etree._Element) -> bytes | None:
    try:
        return decode(element, (element.get("mediaType", ""),))[1]
    except CdaError:
        return None
