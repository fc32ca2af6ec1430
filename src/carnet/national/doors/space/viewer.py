"""How a stored document can be shown: pages, narrative, picture, plain words, or as a file only."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from carnet.national.doors.space import paper
from carnet.national.record.queries import StoredDocument
from carnet.standards.cda import sheet
from carnet.standards.cda.reading import CdaError

#: Under these a CDA travels: plain, and "autoprésentable".
CDA = frozenset({"text/xml", "application/xslt+xml"})
#: Pictures that every browser shows; a TIFF is offered as a file.
PICTURES = frozenset({"image/jpeg"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file a person can open: how it is called, and the end of its name."""

    label: str
    extension: str


KINDS = {
    "application/pdf": Kind("PDF", "pdf"),
    "image/jpeg": Kind("JPEG", "jpg"),
    "image/tiff": Kind("TIFF", "tif"),
    "text/rtf": Kind("RTF", "rtf"),
    "text/plain": Kind("texte", "txt"),
}


@dataclass(frozen=True, slots=True)
class Carried:
    """The file inside the document that a person can open."""

    media_type: str
    data: bytes

    @property
    def label(self) -> str:
        """How this kind of file is called."""
        return KINDS[self.media_type].label

    @property
    def extension(self) -> str:
        """The end of its name, without the dot."""
        return KINDS[self.media_type].extension


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page: its number, its picture as a `data:` address and its size in pixels, its words.

    The picture travels inside the page: asked for apart, it would be another opening of the
    document, and the journal would tell one reading as ten.
    """

    number: int
    picture: str
    width: int
    height: int
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """How one document is shown. `kind` says in words what the stored file is."""

    kind: Promise | str
    carried: Carried | None = None
    page_count: int = 0
    narrative: SafeString | None = None
    words: str = ""
    picture: str = ""  #: a `data:` address


def look(stored: StoredDocument) -> Shown:
    """How to show a document; what cannot be read is offered as a file, and said so."""
    if stored.mime_type in CDA:
        return _look_inside(stored.data)
    return _look_at(Carried(stored.mime_type, stored.data), _file_kind(stored.mime_type))


def _look_inside(data: bytes) -> Shown:
    kind = _("Document médical (CDA)")
    try:
        read = sheet.to_html(data)
    except CdaError:
        return Shown(kind)
    carried = Carried(*read.embedded) if read.embedded else None
    if read.html:
        # the sheet writes elements of its own and escapes every text of the document
        return Shown(kind, _openable(carried), narrative=mark_safe(read.html))  # noqa: S308
    return _look_at(carried, kind) if carried else Shown(kind)


def _openable(carried: Carried | None) -> Carried | None:
    return carried if carried and carried.media_type in KINDS else None


def _look_at(carried: Carried, kind: Promise | str) -> Shown:
    if carried.media_type not in KINDS:
        return Shown(kind)
    if carried.media_type == "application/pdf":
        try:
            return Shown(kind, carried, page_count=paper.page_count(carried.data))
        except paper.UnreadablePdf:
            return Shown(kind, carried)
    if carried.media_type == "text/plain":
        return Shown(kind, carried, words=carried.data.decode("utf-8", errors="replace"))
    if carried.media_type in PICTURES:
        return Shown(kind, carried, picture=data_address(carried.media_type, carried.data))
    return Shown(kind, carried)


def _file_kind(media_type: str) -> Promise | str:
    return KINDS[media_type].label if media_type in KINDS else _("Fichier")


def leaves(shown: Shown, first: int, count: int) -> tuple[Leaf, ...]:
    """`count` pages from page `first`; none when the document is not made of pages.

    Nor when they cannot be drawn: the file is there to be kept, and opened elsewhere.
    """
    if shown.carried is None or not shown.page_count:
        return ()
    try:
        drawn = paper.pages(shown.carried.data, first, count)
    except paper.UnreadablePdf:
        return ()
    return tuple(
        Leaf(number, data_address("image/png", page.picture), page.width, page.height, page.text)
        for number, page in enumerate(drawn, start=first)
    )


def data_address(media_type: str, data: bytes) -> str:
    """These bytes as an address of their own (RFC 2397)."""
    return f"data:{media_type};base64,{b64encode(data).decode('ascii')}"
