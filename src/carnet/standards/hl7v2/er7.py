"""ER7, the pipe-and-hat form of HL7 v2, both ways (HL7 v2.5 §2.5 to §2.10; spec identity §5.1).

A message is split into segments and fields at once, and a field into repetitions, components and
subcomponents when somebody asks: a large document in OBX-5 is never copied for nothing. Texts given
out are decoded and unescaped; `""` (empty this value) is given out as it is, see `NULL`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from carnet.standards.hl7v2.errors import Condition, Hl7Error, erl

#: The value that empties a field at the receiver.
NULL: Final = '""'

#: MSH-18 and the codec it names. An absent MSH-18 means ASCII (HL7 v2.5 §2.15.9.18).
CHARSETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "": "ascii",
        "ASCII": "ascii",
        "8859/1": "iso8859-1",
        "8859/15": "iso8859-15",
        "UNICODE UTF-8": "utf-8",
        "UTF-8": "utf-8",
    }
)

#: What a writer puts in a field: a text, components (themselves split), or repetitions.
Components = tuple[str | tuple[str, ...], ...]
Value = str | Components | list[str | Components]

_PATH: Final = re.compile(r"([A-Z][A-Z0-9]{2})-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?")
_SEGMENT_NAME: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_LINE_END_BYTES: Final = re.compile(rb"\r\n|\r|\n")
_CHARSET: Final = re.compile(rb"([A-Za-z0-9/ -]*)")
_HEXADECIMAL: Final = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The separators that a message declares in MSH-1 and MSH-2."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @property
    def msh2(self) -> str:
        """MSH-2."""
        return self.component + self.repetition + self.escape + self.subcomponent

    def text(self, raw: str, component: int, subcomponent: int, codec: str) -> str:
        """The text of a component of one repetition, as `Field.text` gives it."""
        part = _part(raw, self.component, component)
        if subcomponent > 1 or self.subcomponent in part:  # hardly ever
            part = _part(part, self.subcomponent, subcomponent)
        return self.unescape(part, codec) if self.escape in part else part

    def unescape(self, text: str, codec: str = "utf-8") -> str:
        """`text` with its escape sequences read; one that is unknown stays as written.

        `\\F\\ \\S\\ \\T\\ \\R\\ \\E\\` are the separators, `\\X0D0A\\` bytes (never a null
        one), `\\.br\\` a line end; the highlighting of `\\H\\` and `\\N\\` is dropped.
        """
        if self.escape not in text:
            return text
        pieces = text.split(self.escape)
        read = [pieces[0]]
        position = 1
        while position < len(pieces):
            meaning = self._meaning(pieces[position], codec)
            if meaning is None or position + 1 == len(pieces):
                read += [self.escape, pieces[position]]
                position += 1
            else:
                read += [meaning, pieces[position + 1]]
                position += 2
        return "".join(read)

    def _meaning(self, sequence: str, codec: str) -> str | None:
        named = {
            "F": self.field,
            "S": self.component,
            "T": self.subcomponent,
            "R": self.repetition,
            "E": self.escape,
            ".br": "\n",
            "H": "",
            "N": "",
        }.get(sequence)
        if named is not None:
            return named
        if found := _HEXADECIMAL.fullmatch(sequence):
            try:
                text = bytes.fromhex(found[1]).decode(codec)
            except UnicodeDecodeError:
                return None
            return None if "\0" in text else text
        return None

    def escaped(self, text: str) -> str:
        """`text` ready to be put in a field; control characters become `\\X..\\`."""
        if text == NULL:
            return text
        return text.translate(_escapes(self))


@lru_cache(maxsize=16)
def _escapes(delimiters: Delimiters) -> dict[int, str]:
    """What stands for each character that means something else in a field."""
    names = {chr(code): f"X{code:02X}" for code in range(ord(" "))} | {
        delimiters.escape: "E",
        delimiters.field: "F",
        delimiters.component: "S",
        delimiters.subcomponent: "T",
        delimiters.repetition: "R",
    }
    escape = delimiters.escape
    return {ord(char): f"{escape}{name}{escape}" for char, name in names.items()}


def _part(text: str, separator: str, number: int) -> str:
    parts = text.split(separator, number)
    return parts[number - 1] if number <= len(parts) else ""


#: The separators that everybody uses.
STANDARD: Final = Delimiters()


@dataclass(frozen=True, slots=True)
class Field:
    """One repetition of a field, still in its wire form."""

    raw: str
    delimiters: Delimiters
    codec: str = "utf-8"

    def __bool__(self) -> bool:
        return bool(self.raw)

    def text(self, component: int = 1, subcomponent: int = 1) -> str:
        """The text of a component (numbers start at 1); empty when there is none."""
        return self.delimiters.text(self.raw, component, subcomponent, self.codec)

    @property
    def components(self) -> tuple[str, ...]:
        """The texts of all components, at least one: each its first subcomponent."""
        separator = self.delimiters.subcomponent
        return tuple(
            self.delimiters.unescape(part.partition(separator)[0], self.codec)
            for part in self.raw.split(self.delimiters.component)
        )

    @property
    def whole(self) -> str:
        """The whole repetition as one text, separators and all: what a text field means."""
        return self.delimiters.unescape(self.raw, self.codec)


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; `fields[0]` is its name, so `fields[5]` is PID-5 (in MSH too)."""

    fields: tuple[str, ...]
    delimiters: Delimiters
    codec: str = "utf-8"

    @property
    def name(self) -> str:
        """`PID`, `OBX`…"""
        return self.fields[0]

    def raw(self, field: int) -> str:
        """A field in its wire form; empty when there is none."""
        return self.fields[field] if field < len(self.fields) else ""

    def repetitions(self, field: int) -> tuple[Field, ...]:
        """The repetitions of a field that hold something."""
        raw = self.raw(field)
        if not raw:
            return ()
        parts = [raw] if self._is_msh2(field) else raw.split(self.delimiters.repetition)
        return tuple(Field(part, self.delimiters, self.codec) for part in parts if part)

    def field(self, field: int) -> Field:
        """The first repetition that holds something, or an empty one."""
        raw = self.raw(field)
        if self.delimiters.repetition in raw:
            return next(iter(self.repetitions(field)), Field("", self.delimiters, self.codec))
        return Field(raw, self.delimiters, self.codec)

    def text(self, field: int, component: int = 1, subcomponent: int = 1) -> str:
        """The text of a component of the first repetition (numbers start at 1)."""
        raw = self.fields[field] if field < len(self.fields) else ""
        if not raw:
            return ""  # most of them: nothing is split
        if self.delimiters.repetition in raw:
            return self.field(field).text(component, subcomponent)
        return self.delimiters.text(raw, component, subcomponent, self.codec)

    def _is_msh2(self, field: int) -> bool:
        return field == 2 and self.name == "MSH"


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its segments in their order, its separators, its character set (MSH-18)."""

    segments: tuple[Segment, ...]
    delimiters: Delimiters
    charset: str

    @property
    def msh(self) -> Segment:
        """The header; always the first segment."""
        return self.segments[0]

    def all(self, name: str) -> Iterator[Segment]:
        """The segments of that name."""
        return (segment for segment in self.segments if segment.fields[0] == name)

    def first(self, name: str) -> Segment | None:
        """The first segment of that name."""
        return next(self.all(name), None)

    def get(self, path: str) -> str:
        """The text at `PID-5.1` (or `PID-3[2].1`, `PID-3.4.2`) in the first such segment.

        Empty when anything on the way is absent; without a component, the first. Raises `KeyError`
        when `path` is not a path.
        """
        name, field, repetition, component, subcomponent = _parsed(path)
        segment = self.first(name)
        parts = segment.repetitions(field) if segment else ()
        return (
            parts[repetition - 1].text(component, subcomponent) if repetition <= len(parts) else ""
        )


@lru_cache(maxsize=512)
def _parsed(path: str) -> tuple[str, int, int, int, int]:
    found = _PATH.fullmatch(path)
    if not found:
        raise KeyError(path)
    name, *numbers = found.groups()
    field, repetition, component, subcomponent = (int(number or 1) for number in numbers)
    return name, field, repetition, component, subcomponent


def read(data: bytes) -> Message:
    """Read a message. CR, CRLF and LF all end a segment: whichever ends MSH ends them all.

    Raises `Hl7Error`: no MSH, impossible separators, unknown character set, bytes that are not of
    it, something that is no segment.
    """
    delimiters, charset = _header(data)
    if b"\0" in data:
        raise Hl7Error(
            Condition.DATA_TYPE,
            erl("MSH"),
            "Le message contient un octet nul : vérifier l’encodage de l’émetteur.",
        )
    codec = CHARSETS[charset]
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        rank = len(_LINE_END_BYTES.findall(data, 0, error.start)) + 1
        raise Hl7Error(
            Condition.DATA_TYPE,
            erl("MSH", 18),
            f"Le segment {rank} contient un octet qui n’est pas du jeu de caractères annoncé en "
            f"MSH-18 ({charset or 'ASCII'}) : corriger MSH-18 ou l’encodage du message.",
        ) from error
    segments: list[Segment] = []
    for number, line in enumerate(_lines(text), start=1):
        fields = line.split(delimiters.field)
        if not _SEGMENT_NAME.fullmatch(fields[0]):
            raise Hl7Error(
                Condition.SEGMENT_SEQUENCE,
                erl("MSH"),
                f"La ligne {number} ne commence pas par un nom de segment : vérifier que les "
                "textes libres n’ont pas de fin de ligne brute (écrire \\.br\\).",
            )
        if fields[0] == "MSH":
            if segments:
                raise Hl7Error(
                    Condition.SEGMENT_SEQUENCE,
                    erl("MSH", rank=2),
                    "Deux segments MSH dans un même message : envoyer un message par trame.",
                )
            fields[1:1] = [delimiters.field]
        segments.append(Segment(tuple(fields), delimiters, codec))
    return Message(tuple(segments), delimiters, charset)


def _lines(text: str) -> list[str]:
    """The segments' lines. Where CR ends MSH, a line feed may be content (folded base64)."""
    end = _LINE_END.search(text)
    if end and end.group() != "\r":
        lines = _LINE_END.split(text)
    else:
        # A stray CRLF leaves its line feed at the head of the next line.
        lines = [line.strip("\n") for line in text.split("\r")]
    return [line for line in lines if line]


def _header(data: bytes) -> tuple[Delimiters, str]:
    """Separators and MSH-18, read from the bytes, before the character set is known."""
    line = re.split(rb"[\r\n]", data, maxsplit=1)[0]
    if not line.startswith(b"MSH") or len(line) < 8:
        raise Hl7Error(
            Condition.SEGMENT_SEQUENCE,
            erl("MSH"),
            "Le message ne commence pas par un segment MSH complet : vérifier ce que l’émetteur "
            "met dans la trame MLLP.",
        )
    fields = line.split(line[3:4])
    declared = _CHARSET.match(fields[17] if len(fields) > 17 else b"")
    charset = declared[1].decode("ascii").strip().upper() if declared else "?"
    if charset not in CHARSETS:
        raise Hl7Error(
            Condition.TABLE_VALUE_NOT_FOUND,
            erl("MSH", 18),
            "Jeu de caractères inconnu en MSH-18 : écrire « UNICODE UTF-8 », « 8859/15 » ou "
            "« 8859/1 ».",
        )
    # Published files write `˜` (U+02DC) for `~`, in MSH-2 as in the fields: read as declared.
    encoding = fields[1].decode(CHARSETS[charset], "replace")
    separators = [line[3:4].decode("ascii", "replace"), *encoding[:4]]
    if len(set(separators)) != 5 or any(_no_separator(char) for char in separators):
        raise Hl7Error(
            Condition.DATA_TYPE,
            erl("MSH", 2),
            "MSH-1 et MSH-2 doivent donner cinq séparateurs différents : écrire « |^~\\& ».",
        )
    return Delimiters(*separators), charset


def _no_separator(char: str) -> bool:
    return (
        char.isalnum()
        or char.isspace()
        or not char.isprintable()
        or char in '".\N{REPLACEMENT CHARACTER}'
    )


def segment(name: str, fields: Mapping[int, Value], delimiters: Delimiters = STANDARD) -> Segment:
    """A segment from its fields by number: tuples are components, lists repetitions, texts raw."""
    last = max(fields, default=0)
    wire = [_wire(fields.get(number, ""), delimiters) for number in range(1, last + 1)]
    if name == "MSH":
        wire[:2] = [delimiters.field, delimiters.msh2]
    return Segment((name, *wire), delimiters)


def _wire(value: Value, delimiters: Delimiters) -> str:
    if isinstance(value, str):
        return delimiters.escaped(value)
    if isinstance(value, list):
        return delimiters.repetition.join(_wire(part, delimiters) for part in value)
    components = [
        delimiters.escaped(part)
        if isinstance(part, str)
        else delimiters.subcomponent.join(map(delimiters.escaped, part)).rstrip(
            delimiters.subcomponent
        )
        for part in value
    ]
    return delimiters.component.join(components).rstrip(delimiters.component)


def write(message: Message) -> bytes:
    """The message in its character set, each segment ended by CR.

    Raises `UnicodeEncodeError` when a text is not of that set.
    """
    separator = message.delimiters.field
    lines = []
    for part in message.segments:
        fields = part.fields
        if part.name == "MSH":
            lines.append(f"MSH{separator}{separator.join(fields[2:])}")
        else:
            lines.append(separator.join(fields))
    return ("\r".join(lines) + "\r").encode(CHARSETS[message.charset])
