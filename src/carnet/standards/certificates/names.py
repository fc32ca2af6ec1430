"""Distinguished names compared as sets of attributes (RFC 4514, spec mssante §2)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from carnet.standards.certificates.errors import CertificateError

_MAX_NAME: Final = 2048

#: Short names of attribute types (RFC 4514 §3 and those that other libraries print) by their OID.
_TYPES: Final = {
    "cn": "2.5.4.3",
    "sn": "2.5.4.4",
    "surname": "2.5.4.4",
    "serialnumber": "2.5.4.5",
    "c": "2.5.4.6",
    "l": "2.5.4.7",
    "st": "2.5.4.8",
    "s": "2.5.4.8",
    "street": "2.5.4.9",
    "o": "2.5.4.10",
    "ou": "2.5.4.11",
    "t": "2.5.4.12",
    "title": "2.5.4.12",
    "gn": "2.5.4.42",
    "g": "2.5.4.42",
    "givenname": "2.5.4.42",
    "organizationidentifier": "2.5.4.97",
    "uid": "0.9.2342.19200300.100.1.1",
    "dc": "0.9.2342.19200300.100.1.25",
    "e": "1.2.840.113549.1.9.1",
    "emailaddress": "1.2.840.113549.1.9.1",
}
_ATTRIBUTE: Final = re.compile(
    r"""\s*(?P<type>[A-Za-z][A-Za-z0-9-]*|(?:OID\.)?[0-9]+(?:\.[0-9]+)+)\s*=\s*
        (?:"(?P<quoted>(?:[^"\\]|\\.)*)"\s*|(?P<plain>(?:[^,+;"\\]|\\.)*))
        (?P<end>[,+;]|\Z)""",
    re.VERBOSE | re.DOTALL,
)
#: `\C3\A9` (RFC 4514), `\xC3\xA9` (OpenSSL), `\,` (a character that is meant).
_ESCAPE: Final = re.compile(r"((?:\\x?[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)
_STRING_TAGS: Final = {
    0x0C: "utf-8",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1E: "utf-16-be",
}


@lru_cache(maxsize=4096)
def name_attributes(dn: str) -> frozenset[tuple[str, str]]:
    """The distinguished name as a set of (type OID, compared value). Raises `CertificateError`.

    RFC 4514 and its usual variants are read (RFC 2253 quotes and `;`, spaces, dotted types,
    `#` values). Values are compared without case, accents and repeated spaces: TLS libraries
    disagree on their encoding, and no two holders of the IGC-Santé differ by an accent alone,
    since CN or OU carries the identifier.
    """
    if not dn.strip() or len(dn) > _MAX_NAME:
        raise CertificateError("bad_name")
    attributes = set()
    place, end = 0, ","
    while end:
        match = _ATTRIBUTE.match(dn, place)
        if match is None:
            raise CertificateError("bad_name")
        kind = match["type"].lower().removeprefix("oid.")
        if not kind[0].isdigit():
            if kind not in _TYPES:
                raise CertificateError("bad_name")
            kind = _TYPES[kind]
        quoted = match["quoted"]
        value = _plain_value(match["plain"]) if quoted is None else _unescape(quoted)
        attributes.add((kind, _comparable(value)))
        place, end = match.end(), match["end"]
    return frozenset(attributes)


def same_name(dn_a: str, dn_b: str) -> bool:
    """Whether two distinguished names hold the same attributes; false when one is unreadable."""
    try:
        return name_attributes(dn_a) == name_attributes(dn_b)
    except CertificateError:
        return False


def _plain_value(text: str) -> str:
    if not text.startswith("#"):
        return _unescape(text)
    try:
        raw = bytes.fromhex(text[1:].strip())
        if len(raw) < 2 or raw[1] != len(raw) - 2:  # names are short: short-form length only
            raise CertificateError("bad_name")
        return raw[2:].decode(_STRING_TAGS[raw[0]])
    except (ValueError, KeyError) as error:
        raise CertificateError("bad_name") from error


def _unescape(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[2]
        return bytes.fromhex(match[1].replace("\\x", "").replace("\\", "")).decode("utf-8")

    try:
        return _ESCAPE.sub(replace, text)
    except UnicodeDecodeError as error:
        raise CertificateError("bad_name") from error


def _comparable(value: str) -> str:
    letters = unicodedata.normalize("NFKD", value).casefold()
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())
