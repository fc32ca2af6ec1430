"""The narrative of a level 3 document as a safe HTML fragment, and as plain text.

CDA narrative (HL7 CDA R2, 4.3.5 "Section narrative block") looks like HTML and is not: nothing of
it is copied. A new tree is built from the tags of `_INLINE` and of the writer below, with texts,
bounded images and classes from closed lists; serialising that tree escapes the rest.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from carnet.standards.cda.document import HL7, CdaError, Document, load, text_of
from carnet.standards.cda.reading import decode, embedded_document

MAX_IMAGE_BYTES: Final = 2 * 1024 * 1024
MAX_IMAGES_BYTES: Final = 8 * 1024 * 1024  #: of all the images of one document
MAX_DEPTH: Final = 60  #: deeper elements are shown as plain text

IMAGE_MAGIC: Final = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
}

_IMAGE_ALT: Final = "Image du document"
_NO_IMAGE: Final = "[Image non affichable]"
_ATTACHMENT: Final = "[Pièce jointe du document]"

#: styleCode to class; codes are compared without case, unknown ones are ignored.
_CLASSES: Final = {
    "bold": ("cda-bold",),
    "italics": ("cda-italics",),
    "bolditalics": ("cda-bold", "cda-italics"),
    "underline": ("cda-underline",),
    "emphasis": ("cda-emphasis",),
    "littleroman": ("cda-lower-roman",),
    "bigroman": ("cda-upper-roman",),
    "littlealpha": ("cda-lower-alpha",),
    "bigalpha": ("cda-upper-alpha",),
    "circle": ("cda-circle",),
    "square": ("cda-square",),
}
#: Narrative elements that are one HTML element around their content.
_INLINE: Final = {"content": "span", "linkHtml": "span", "sub": "sub", "sup": "sup"}
_BLOCKS: Final = tuple(f"{{{HL7}}}{tag}" for tag in ("table", "list", "paragraph"))
#: Elements whose text is code, never words: dropped with all they hold.
_DROPPED: Final = frozenset({"script", "style", "iframe", "object", "embed", "template"})
_LINE_BREAKS: Final = frozenset({"br", "caption", "item", "paragraph", "table", "title", "tr"})
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_SPAN: Final = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document ready to be shown.

    `html` is a fragment that may be put in a page as it is (level 3; empty for level 1): headings
    from h2, classes and ids beginning with `cda-`, images as `data:`. `embedded` is the level 1
    body or the PDF copy of a level 3. `title` is plain text.
    """

    title: str
    html: str
    embedded: tuple[str, bytes] | None


def to_html(source: bytes | Document) -> Sheet:
    """The sheet of a document. Raises `CdaError`."""
    document = load(source)
    root = document.root
    body = root.find(f"{{{HL7}}}component/{{{HL7}}}structuredBody")
    html = "" if body is None else _Writer(_media_by_id(root)).write(body)
    title = text_of(root.find(f"{{{HL7}}}title"))
    return Sheet(title, html, embedded_document(document))


def text(source: bytes | Document) -> str:
    """The titles and narrative of a level 3 document, one line a row or a paragraph.

    Empty for a level 1. Raises `CdaError`.
    """
    return "\n".join(line for section in sections(source) for line in section if line)


def sections(source: bytes | Document) -> list[tuple[str, str]]:
    """The sections of a level 3 document: (title, narrative), one line a row or a paragraph.

    A section that says nothing is left out. Empty for a level 1. Raises `CdaError`.
    """
    root = load(source).root
    found = []
    for section in root.iter(f"{{{HL7}}}section"):
        title, narrative = (
            _lines("".join(piece for part in section.iterchildren(tag) for piece in _words(part)))
            for tag in (f"{{{HL7}}}title", f"{{{HL7}}}text")
        )
        if title or narrative:
            found.append((title, narrative))
    return found


def _lines(words: str) -> str:
    lines = (" ".join(line.split()) for line in words.split("\n"))
    return "\n".join(line for line in lines if line)


def _words(narrative: etree._Element) -> Iterator[str]:
    """The words of a narrative, cells and notes set apart; a walk without recursion."""
    dropped: etree._Element | None = None
    for event, node in etree.iterwalk(narrative, events=("start", "end", "comment", "pi")):
        if dropped is None and event == "start":
            name = _local(node)
            if name in _DROPPED:
                dropped = node
                continue
            yield "\n" if name in _LINE_BREAKS else " " if name in ("td", "th", "footnote") else ""
            yield _spaced(node.text)
        elif event != "start" and dropped in (None, node):
            if event == "end":
                dropped = None
                yield "\n" if _local(node) in _LINE_BREAKS else ""
            if node is not narrative:
                yield _spaced(node.tail)


def _media_by_id(root: etree._Element) -> dict[str, etree._Element]:
    """The value of each observationMedia, by its ID; the first one wins."""
    found: dict[str, etree._Element] = {}
    for media in root.iter(f"{{{HL7}}}observationMedia"):
        for value in media.iterchildren(f"{{{HL7}}}value"):
            found.setdefault(media.get("ID", ""), value)
    return found


def _spaced(words: str | None) -> str:
    return (words or "").replace("\n", " ")


def _local(node: etree._Element) -> str:
    return etree.QName(node).localname


@dataclass(slots=True)
class _Writer:
    """Writes one document: what it has used of ids, notes and image bytes is remembered."""

    media_by_id: dict[str, etree._Element]
    ids: set[str] = field(default_factory=set)
    notes: list[etree._Element] = field(default_factory=list)
    note_numbers: dict[str, int] = field(default_factory=dict)
    note_count: int = 0
    image_bytes: int = 0

    def write(self, body: etree._Element) -> str:
        out = etree.Element("div", {"class": "cda-document"})
        self.sections(body, out, 0)
        return etree.tostring(out, encoding="unicode", method="html")

    def sections(self, parent: etree._Element, out: etree._Element, depth: int) -> None:
        for section in parent.iterfind(f"{{{HL7}}}component/{{{HL7}}}section"):
            if depth > MAX_DEPTH:
                _say(etree.SubElement(out, "p"), text_of(section))
                continue
            target = etree.SubElement(out, "section", {"class": "cda-section"})
            title = text_of(section.find(f"{{{HL7}}}title"))
            if title:
                etree.SubElement(target, f"h{min(2 + depth, 6)}").text = title
            for narrative in section.iterchildren(f"{{{HL7}}}text"):
                self.content(
                    narrative, etree.SubElement(target, "div", {"class": "cda-text"}), depth
                )
            if self.notes:
                etree.SubElement(target, "ol", {"class": "cda-footnotes"}).extend(self.notes)
                self.notes = []
            self.sections(section, target, depth + 1)

    def content(self, source: etree._Element, out: etree._Element, depth: int) -> None:
        """Write the text and the children of `source` in `out`."""
        self.identify(source, out)
        _say(out, source.text)
        for child in source:
            if isinstance(child.tag, str):
                self.element(child, out, depth + 1)
            _say(out, child.tail)

    def element(self, source: etree._Element, out: etree._Element, depth: int) -> None:
        name = _local(source)
        if name in _DROPPED:
            return
        if depth > MAX_DEPTH:
            _say(out, text_of(source))
        elif name in _INLINE or name == "paragraph":
            self.content(source, _new(out, self.tag(source, name), source), depth)
        elif name == "br":
            etree.SubElement(out, "br")
        elif name == "list":
            self.list(source, out, depth)
        elif name == "table":
            self.table(source, out, depth)
        elif name == "renderMultiMedia":
            self.media(source, out)
        elif name == "footnote":
            self.footnote(source, out, depth)
        elif name == "footnoteRef":
            _mark(out, self.note_numbers.get(source.get("IDREF", "")))
        else:  # not an element of the narrative: its words are kept, and nothing else
            _say(out, text_of(source))

    def tag(self, source: etree._Element, name: str) -> str:
        if next(source.iterdescendants(*_BLOCKS), None) is not None:
            return "div"
        revised = {"delete": "del", "insert": "ins"}.get(source.get("revised", ""))
        return revised or _INLINE.get(name, "p")

    def list(self, source: etree._Element, out: etree._Element, depth: int) -> None:
        self.caption(source, out, "p", depth)
        tag = "ol" if source.get("listType") == "ordered" else "ul"
        target = _new(out, tag, source)
        self.identify(source, target)
        for item in source.iterchildren(f"{{{HL7}}}item"):
            self.content(item, _new(target, "li", item), depth + 1)

    def table(self, source: etree._Element, out: etree._Element, depth: int) -> None:
        target = _new(out, "table", source)
        self.identify(source, target)
        self.caption(source, target, "caption", depth)
        for part in source.iterchildren(*(f"{{{HL7}}}{t}" for t in ("thead", "tbody", "tfoot"))):
            group = etree.SubElement(target, _local(part))
            self.rows(part, group, depth + 1)
        self.rows(source, target, depth)

    def rows(self, source: etree._Element, out: etree._Element, depth: int) -> None:
        scope = "col" if out.tag == "thead" else "row"
        for row in source.iterchildren(f"{{{HL7}}}tr"):
            target = _new(out, "tr", row)
            self.identify(row, target)
            for cell in row.iterchildren(f"{{{HL7}}}td", f"{{{HL7}}}th"):
                heading = _local(cell) == "th" and bool(text_of(cell))
                written = _new(target, "th" if heading else "td", cell)
                if heading:
                    written.set("scope", scope)
                for span in ("colspan", "rowspan"):
                    if _SPAN.fullmatch(cell.get(span, "")):
                        written.set(span, cell.get(span, ""))
                self.content(cell, written, depth + 2)

    def caption(self, source: etree._Element, out: etree._Element, tag: str, depth: int) -> None:
        caption = source.find(f"{{{HL7}}}caption")
        if caption is not None:
            target = etree.SubElement(out, tag, {"class": "cda-caption"})
            self.content(caption, target, depth + 1)

    def media(self, source: etree._Element, out: etree._Element) -> None:
        """An image as `data:`; any other attachment, or a broken image, as a sentence."""
        alt = text_of(source.find(f"{{{HL7}}}caption")) or _IMAGE_ALT
        for reference in source.get("referencedObject", "").split():
            value = self.media_by_id.get(reference)
            if value is None or value.get("mediaType") not in IMAGE_MAGIC:
                _say(out, _NO_IMAGE if value is None else _ATTACHMENT)
                continue
            uri = self.image(value)
            if uri is None:
                _say(out, _NO_IMAGE)
            else:
                etree.SubElement(out, "img", {"class": "cda-image", "src": uri, "alt": alt})

    def image(self, value: etree._Element) -> str | None:
        """The image as a `data:` URI, of the type its bytes show: senders often declare another."""
        try:
            data = decode(value, tuple(IMAGE_MAGIC))[1]
        except CdaError:
            return None
        shown = next((t for t, magic in IMAGE_MAGIC.items() if data.startswith(magic)), None)
        self.image_bytes += len(data)
        if shown is None or len(data) > MAX_IMAGE_BYTES or self.image_bytes > MAX_IMAGES_BYTES:
            return None
        return f"data:{shown};base64,{base64.b64encode(data).decode('ascii')}"

    def footnote(self, source: etree._Element, out: etree._Element, depth: int) -> None:
        self.note_count += 1
        number = self.note_count
        self.note_numbers[source.get("ID", "")] = number
        note = etree.Element("li", {"value": str(number)})
        self.content(source, note, depth)
        note.set("id", f"cda-note-{number}")
        self.notes.append(note)
        _mark(out, number)

    def identify(self, source: etree._Element, out: etree._Element) -> None:
        """Keep the ID of the narrative, prefixed, once."""
        found = source.get("ID", "")
        if _ID.fullmatch(found) and found not in self.ids:
            self.ids.add(found)
            out.set("id", f"cda-id-{found}")


def _new(out: etree._Element, tag: str, source: etree._Element) -> etree._Element:
    """A new element in `out`, with the classes of the styleCode of `source`."""
    codes = source.get("styleCode", "").lower().split()
    classes = " ".join(name for code in codes for name in _CLASSES.get(code, ()))
    return etree.SubElement(out, tag, {"class": classes} if classes else {})


def _mark(out: etree._Element, number: int | None) -> None:
    if number is not None:
        mark = etree.SubElement(out, "sup", {"class": "cda-footnote-mark"})
        etree.SubElement(mark, "a", {"href": f"#cda-note-{number}"}).text = str(number)


def _say(out: etree._Element, words: str | None) -> None:
    """Add words after what `out` holds already."""
    if not words:
        return
    if len(out):
        out[-1].tail = (out[-1].tail or "") + words
    else:
        out.text = (out.text or "") + words
