"""Ways to spoil a real message: by its bytes, by its tree, by its entries. All chance is given."""

from __future__ import annotations

import copy
import io
import json
import random
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from lxml import etree

Mutation = Callable[[bytes, random.Random], bytes]

#: What breaks readers: ends of ranges, other alphabets, halves of characters, other languages.
NASTY: Sequence[bytes] = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"-1",
    b"0",
    b"99999999999999999999999999",
    b"1e400",
    b"NaN",
    b"A" * 5000,
    b"../../../../etc/passwd",
    b"'; DROP TABLE record_document; --",
    b"%s%n%(x)s{0}",
    b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>",
    b"&b;",
    b"<![CDATA[",
    b"<!--",
    b"]]>",
    b"\r\n\r\n",
    b"\x0b",
    b"\x1c\x0d",
    b"|^~\\&",
    b"\x1d",
    b"20260231",
    b"2026-13-45T99:99:99Z",
    b"urn:uuid:",
    b"urn:oid:1.2.",
    b"1.2.250.1.213.1.4.8",
    "é\u0301\u202e\U0001f600".encode(),
    "\N{ARABIC-INDIC DIGIT THREE}".encode() * 15,
)


def spoil_bytes(data: bytes, chance: random.Random) -> bytes:
    """Change, cut, repeat, swap or insert somewhere, once to four times."""
    held = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(held) + 1)
        to = min(len(held), at + chance.choice((1, 1, 2, 8, 64, 512)))
        match chance.randrange(6):
            case 0 if at < len(held):
                held[at] ^= 1 << chance.randrange(8)
            case 1:
                del held[at:to]
            case 2:
                held[at:at] = held[at:to] * chance.choice((1, 2, 20))
            case 3:
                held[at:to] = chance.choice(NASTY)
            case 4:
                held[at:at] = chance.choice(NASTY)
            case _:
                del held[at:]
        if not held:
            break
    return bytes(held)


def spoil_xml(data: bytes, chance: random.Random) -> bytes:
    """Change the tree: what is there is moved, repeated, renamed, emptied or filled."""
    root = etree.fromstring(data)
    for _ in range(chance.randint(1, 3)):
        nodes = [node for node in root.iter() if isinstance(node.tag, str)]
        node, other = chance.choice(nodes), chance.choice(nodes)
        parent = node.getparent()
        match chance.randrange(9):
            case 0 if parent is not None:
                parent.remove(node)
            case 1 if parent is not None:
                parent.insert(parent.index(node), copy.deepcopy(node))
            case 2 if parent is not None:
                other.append(copy.deepcopy(node))
            case 3:
                node.text = _text(chance)
            case 4 if node.attrib:
                node.set(chance.choice(list(node.attrib)), _text(chance))
            case 5 if node.attrib:
                del node.attrib[chance.choice(list(node.attrib))]
            case 6:
                node.tag = chance.choice((other.tag, "x", "{urn:x}x"))
            case 7:
                for child in list(node):
                    node.remove(child)
            case _:
                deep = node
                for _depth in range(chance.choice((3, 300))):
                    deep = etree.SubElement(deep, node.tag)
    return etree.tostring(root)


def _text(chance: random.Random) -> str:
    found = chance.choice(NASTY).decode("utf-8", "replace")
    return "".join(each for each in found if each >= " " and each not in "\ufffe\uffff")


def spoil_json(data: bytes, chance: random.Random) -> bytes:
    """Change the tree of a JSON."""
    held = json.loads(data)
    places = list(_places(held))
    for _ in range(chance.randint(1, 3)):
        inside, name = chance.choice(places)
        value: Any = chance.choice(
            (None, True, -1, 1e308, [], {}, "", _text(chance), [[[]]], {"x": {"x": 1}})
        )
        try:
            if chance.random() < 0.3:
                del inside[name]
            elif chance.random() < 0.3:
                inside[name] = copy.deepcopy(chance.choice(places)[0])
            else:
                inside[name] = value
        except (KeyError, IndexError):
            continue
    return json.dumps(held).encode()


def _places(held: Any) -> Any:
    pairs = held.items() if isinstance(held, dict) else enumerate(held)
    for name, value in pairs:
        yield held, name
        if isinstance(value, dict | list):
            yield from _places(value)


def spoil_er7(data: bytes, chance: random.Random) -> bytes:
    """Change fields and segments of an HL7 v2 message."""
    segments = data.split(b"\r")
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(segments))
        fields = segments[at].split(b"|")
        match chance.randrange(5):
            case 0:
                fields[chance.randrange(len(fields))] = chance.choice(NASTY).replace(b"\r", b"")
                segments[at] = b"|".join(fields)
            case 1:
                segments.insert(at, segments[chance.randrange(len(segments))])
            case 2 if len(segments) > 1:
                del segments[at]
            case 3:
                chance.shuffle(fields)
                segments[at] = b"|".join(fields)
            case _:
                segments[at] = segments[at][: chance.randrange(len(segments[at]) + 1)]
    return b"\r".join(segments)


def spoil_zip(data: bytes, chance: random.Random) -> bytes:
    """Write the package again with entries that lie, double, climb, point or burst."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w") as target:
        for info in source.infolist():
            for name, content, attributes in _entries(info, source.read(info), chance):
                written = zipfile.ZipInfo(name)
                written.compress_type = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
                written.external_attr = attributes
                if name not in target.NameToInfo:
                    target.writestr(written, content)
    spoilt = bytearray(made.getvalue())
    if chance.random() < 0.3:  # a size, a place or a name of the directory, or of an entry
        at = spoilt.rfind(chance.choice((b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06")))
        place = at + chance.choice((8, 10, 14, 16, 18, 20, 22, 24, 26, 28, 42))
        spoilt[place : place + 4] = chance.choice((b"\xff" * 4, bytes(4), b"\x01\x00\x00\x00"))
    if chance.random() < 0.1:  # two directories that disagree
        spoilt += data
    return bytes(spoilt)


def _entries(
    info: zipfile.ZipInfo, content: bytes, chance: random.Random
) -> list[tuple[str, bytes, int]]:
    """What becomes of one entry: name, content, attributes of the file, for each that is made."""
    name, usual = info.filename, info.external_attr
    match chance.randrange(14):
        case 0:
            names = ("../" * 5 + name, "/" + name, f"C:\\{name}", name + "\x00.x", "é" * 99)
            return [(chance.choice(names), content, usual)]
        case 1:
            return [(name, b"/etc/passwd", 0o120777 << 16)]
        case 2:
            return [(name, bytes(2_000_000), usual)]
        case 3:
            return [(name, spoil_bytes(content, chance), usual)]
        case 4 if content.lstrip().startswith(b"<"):
            return [(name, spoil_xml(content, chance), usual)]
        case 5:
            return []
        case 6:
            return [(name, content, usual), (name.upper(), content[::-1], usual)]
        case 7:
            return [(f"{name}/{number}", b"", usual) for number in range(300)]
    return [(name, content, usual)]


def any_of(*mutations: Mutation) -> Mutation:
    """One of them; a message that one of them cannot take is spoilt by its bytes."""

    def mutate(data: bytes, chance: random.Random) -> bytes:
        return chance.choice(mutations)(data, chance)

    return mutate
