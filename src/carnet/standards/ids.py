"""Identifiers of the French health system, one type each, checked when made.

An identifier that exists is well formed: code that receives an `Oid` need not check it again.
Whoever builds one from outside input catches `IdentifierError` and answers with the error of
its own protocol. Error messages never repeat the value: it may be a matricule.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Final, Self

#: Authority of the national identifiers of professionals (idNat_PS), ANS.
PS_AUTHORITY: Final = "1.2.250.1.71.4.2.1"
#: Authority of the national identifiers of structures (idNat_Struct), ANS.
STRUCT_AUTHORITY: Final = "1.2.250.1.71.4.2.2"


class IdentifierError(ValueError):
    """A value is not the identifier it claims to be; `kind` names which identifier."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


class _Text(str):
    """A checked string: subclasses give the pattern and the sentence that says what is expected."""

    __slots__ = ()
    kind: str = "identifier"
    pattern: re.Pattern[str] = re.compile(r".+")
    expected: str = "a non-empty text"

    def __new__(cls, value: str) -> Self:
        if not cls.pattern.fullmatch(value):
            raise IdentifierError(cls.kind, f"expected {cls.expected}")
        return super().__new__(cls, value)


class Oid(_Text):
    """An ISO object identifier in dotted form, 64 characters at most (ITI TF-3, 4.2.3.1.5)."""

    __slots__ = ()
    kind = "OID"
    pattern = re.compile(r"(?=.{3,64}\Z)[0-2](?:\.(?:0|[1-9][0-9]*+))++")
    expected = "dotted numbers without leading zeros, 64 characters at most"

    @property
    def urn(self) -> str:
        """The identifier as `urn:oid:…` (RFC 3061)."""
        return f"urn:oid:{self}"


class EntryUuid(_Text):
    """The technical id of a registry object: `urn:uuid:` and a UUID (ITI TF-3, 4.2.3.1.6)."""

    __slots__ = ()
    kind = "entryUUID"
    pattern = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    expected = "urn:uuid: and a UUID in lower case"

    @classmethod
    def of(cls, value: uuid.UUID) -> EntryUuid:
        """The entryUUID that names `value`."""
        return str.__new__(cls, f"urn:uuid:{value}")

    @property
    def uuid(self) -> uuid.UUID:
        """The UUID itself."""
        return uuid.UUID(self.text)

    @property
    def text(self) -> str:
        """The UUID in lower case, as `str` of it gives."""
        return self[9:]


class Rpps(_Text):
    """The number of a professional in the RPPS: 11 digits.

    The last digit is a Luhn key in real numbers, but published samples break it: see `luhn_valid`.
    """

    __slots__ = ()
    kind = "RPPS"
    pattern = re.compile(r"[0-9]{11}")
    expected = "11 digits"

    @property
    def luhn_valid(self) -> bool:
        """Whether the last digit is the key; warn on false, never refuse."""
        return luhn_valid(self)


class Finess(_Text):
    """The number of an establishment in FINESS; Corsican and test numbers hold a letter."""

    __slots__ = ()
    kind = "FINESS"
    pattern = re.compile(r"[0-9][0-9A-Z][0-9]{7}")
    expected = "9 characters, digits but for the second which may be a letter"


class PsIdNat(_Text):
    """National identifier of who works in health (idNat_PS): a type digit, then the number.

    `8` + RPPS for a professional; `3` + FINESS + `/` + local id for hospital staff (TRE_G08).
    """

    __slots__ = ()
    kind = "PS_IdNat"
    pattern = re.compile(r"(8[0-9]{11}|[0-69][0-9A-Za-z./-]{5,60})")
    expected = "a type digit (TRE_G08) and the number"

    @property
    def rpps(self) -> Rpps | None:
        """The RPPS number, when this is one."""
        return Rpps(self[1:]) if self[0] == "8" else None

    @property
    def is_local(self) -> bool:
        """Whether a structure gave this number, and not the nation."""
        return self[0] in _STRUCTURES_OF_LOCAL_NUMBERS

    @property
    def structure(self) -> StructIdNat | None:
        """The structure that a local number names (`3` + FINESS + `/`…), if it names one."""
        number, slash, _ = self[1:].partition("/")
        kind = _STRUCTURES_OF_LOCAL_NUMBERS.get(self[0])
        try:
            return StructIdNat(kind + number) if kind and slash else None
        except IdentifierError:
            return None


class StructIdNat(_Text):
    """National identifier of a structure (idNat_Struct): a type digit, then the number (TRE_G07).

    `1` + FINESS (9), `2` + SIREN (9), `3` + SIRET (14), `4` + RPPS-rang (14), `0` + ADELI practice.
    """

    __slots__ = ()
    kind = "Struct_IdNat"
    pattern = re.compile(r"(1[0-9][0-9A-Z][0-9]{7}|2[0-9]{9}|3[0-9]{14}|4[0-9]{11,14}|0[0-9]{8,9})")
    expected = "a type digit (TRE_G07) and the number of that type"

    @property
    def finess(self) -> Finess | None:
        """The FINESS number, when this is one."""
        return Finess(self[1:]) if self[0] == "1" else None


#: TRE_G07 of the structure that numbers its own people, by TRE_G08.
_STRUCTURES_OF_LOCAL_NUMBERS: Final = {"1": "0", "3": "1", "4": "2", "5": "3", "6": "4"}

#: OIDs under which a matricule is an INS: NIR, NIA, test NIR, demonstration NIR (ANS).
INS_NIR: Final = Oid("1.2.250.1.213.1.4.8")
INS_NIA: Final = Oid("1.2.250.1.213.1.4.9")
INS_NIR_TEST: Final = Oid("1.2.250.1.213.1.4.10")
INS_NIR_DEMO: Final = Oid("1.2.250.1.213.1.4.11")
INS_OIDS: Final = frozenset({INS_NIR, INS_NIA, INS_NIR_TEST, INS_NIR_DEMO})

_MATRICULE: Final = re.compile(r"[0-9]{6}[AB0-9][0-9]{6}[0-9]{2}")


def matricule_key(body: str) -> str:
    """The two-digit key of a 13-character matricule: 97 minus (number modulo 97).

    Corsica: `2A` counts as 19 and `2B` as 18 in places 6 and 7. Source: NIR control key (INSEE).
    Raises `IdentifierError` when `body` is not a matricule body.
    """
    if not re.fullmatch(r"[0-9]{6}[AB0-9][0-9]{6}", body):
        raise IdentifierError(
            "matricule", "expected 13 characters, digits but for A or B in place 7"
        )
    corsican = {"2A": "19", "2B": "18"}
    number = body[:5] + corsican.get(body[5:7], body[5:7]) + body[7:]
    if not number.isdigit():
        raise IdentifierError("matricule", "a letter is only allowed as 2A or 2B in places 6 and 7")
    return f"{97 - int(number) % 97:02d}"


@dataclass(frozen=True, slots=True, repr=False)
class Ins:
    """An INS: matricule of 15 characters (13 and the key) and the OID that tells its nature.

    The shape is checked here; the key is told by `key_valid`, because the INSi teleservice itself
    may return a wrong key that must be kept (RNIV EXI SI 02, spec identity §1.1).
    """

    matricule: str
    oid: Oid

    def __post_init__(self) -> None:
        if not _MATRICULE.fullmatch(self.matricule):
            raise IdentifierError(
                "INS", "expected a matricule of 13 characters and its 2-digit key"
            )
        if self.oid not in INS_OIDS:
            raise IdentifierError(
                "INS", "the OID is not one of an INS (NIR, NIA, test, demonstration)"
            )

    @property
    def key_valid(self) -> bool:
        """Whether the last two digits are the key of the first thirteen."""
        try:
            return matricule_key(self.matricule[:13]) == self.matricule[13:]
        except IdentifierError:
            return False

    @property
    def masked(self) -> str:
        """A form for logs: sex and year of birth, nothing else."""
        return f"{self.matricule[:3]}…"

    @property
    def cx(self) -> str:
        """The XDS and VIHF form, `matricule^^^&OID&ISO^NH` (spec dmp §3.7)."""
        return f"{self.matricule}^^^&{self.oid}&ISO^NH"

    @classmethod
    def from_cx(cls, value: str) -> Ins:
        """Read the XDS form; a trailing `^^date` is tolerated. Raises `IdentifierError`."""
        parts = value.split("^")
        authority = parts[3].split("&") if len(parts) > 3 else []
        if len(authority) < 2:
            raise IdentifierError("INS", "expected matricule^^^&OID&ISO^NH")
        return cls(parts[0], Oid(authority[1]))

    def __repr__(self) -> str:
        return f"Ins({self.masked}, {self.oid})"


@dataclass(frozen=True, slots=True, repr=False)
class PatientId:
    """What a patient is known by to an authority, whichever: `id^^^&OID&ISO` (ITI TF-3, 4.2.3.1).

    What other components of the CX say is not part of it.
    """

    id: str
    authority: Oid

    def __post_init__(self) -> None:
        if not self.id or set(self.id) & set("^&|~\\"):
            raise IdentifierError("patient id", "expected an id without separators of HL7 v2")

    @property
    def cx(self) -> str:
        """The form of the wire."""
        return f"{self.id}^^^&{self.authority}&ISO"

    @classmethod
    def from_cx(cls, value: str) -> PatientId:
        """Read the form of the wire. Raises `IdentifierError`."""
        parts = value.split("^")
        authority = parts[3].split("&") if len(parts) > 3 else []
        if len(authority) != 3 or authority[2] != "ISO":
            raise IdentifierError("patient id", "expected id^^^&OID&ISO")
        return cls(parts[0], Oid(authority[1]))

    def __repr__(self) -> str:
        return f"PatientId(…, {self.authority})"


def luhn_valid(digits: str) -> bool:
    """Whether the last digit is the Luhn key of the others; false for anything but digits."""
    if not (digits.isascii() and digits.isdigit()):
        return False
    total = 0
    for place, char in enumerate(reversed(digits)):
        digit = int(char)
        if place % 2:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return total % 10 == 0
