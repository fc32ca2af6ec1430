"""Building an XDM package (spec mssante §5.2 and §5.3)."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final

from carnet.standards.mss.addresses import plain_letters
from carnet.standards.mss.xdm.errors import XdmError
from carnet.standards.xds.ebrim import write_submission
from carnet.standards.xds.metadata import DocumentEntry, Submission
from carnet.standards.xml import escape

_SUBSET: Final = "IHE_XDM/SUBSET01"
_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
#: Extensions of ISO 9660 level 1: three letters at most.
_EXTENSIONS: Final = {
    "text/xml": "XML",
    "application/xml": "XML",
    "application/pdf": "PDF",
    "text/plain": "TXT",
    "image/jpeg": "JPG",
    "image/png": "PNG",
}
_DTM: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})?.*")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, for the reader of README.TXT and INDEX.HTM."""

    name: str
    identifier: str = ""  #: FINESS or other national identifier
    address: str = ""
    phone: str = ""
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Application:
    """The software that made the package."""

    name: str
    version: str
    vendor: str = ""


def build(
    submission: Submission,
    documents: Mapping[str, bytes],
    *,
    sender: Sender,
    application: Application,
) -> bytes:
    """The zip of one submission set; `documents` are the bytes of each entry by its `id`.

    File names, `uri`, `hash` and `size` of the entries are set here. The same input gives the
    same bytes. Raises `XdmError` (`no_document`, `missing_document`).
    """
    if not submission.documents:
        raise XdmError("no_document")
    named = tuple(_named(entry, n, documents) for n, entry in enumerate(submission.documents, 1))
    content = replace(submission, documents=named)
    files = {
        "INDEX.HTM": _index(content, sender),
        "README.TXT": _readme(content, sender, application),
        f"{_SUBSET}/METADATA.XML": _DECLARATION + write_submission(content),
        **{f"{_SUBSET}/{entry.uri}": documents[entry.id] for entry in named},
    }
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("IHE_XDM/", f"{_SUBSET}/"):
            archive.writestr(_info(name, submission), b"")
        for name, data in files.items():
            archive.writestr(_info(name, submission), data)
    return buffer.getvalue()


def _named(entry: DocumentEntry, number: int, documents: Mapping[str, bytes]) -> DocumentEntry:
    if entry.id not in documents:
        raise XdmError("missing_document", entry.id)
    data = documents[entry.id]
    return replace(
        entry,
        uri=f"DOC{number:04d}.{_EXTENSIONS.get(entry.mime_type, 'BIN')}",
        hash=hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        size=len(data),
    )


def _info(name: str, submission: Submission) -> zipfile.ZipInfo:
    """An entry dated by the submission, so that a package can be made again to the byte."""
    time = submission.submission_set.submission_time if submission.submission_set else ""
    match = _DTM.fullmatch(time)
    year, month, day, hour, minute, second = (
        (int(part or 0) for part in match.groups()) if match else (1980, 1, 1, 0, 0, 0)
    )
    info = zipfile.ZipInfo(name, (max(year, 1980), month, day, hour, minute, second))
    directory = name.endswith("/")
    info.external_attr = (0o40755 << 16 | 0x10) if directory else 0o100644 << 16
    info.compress_type = zipfile.ZIP_STORED if directory else zipfile.ZIP_DEFLATED
    return info


def _contact(sender: Sender) -> Iterator[tuple[str, str]]:
    yield "Emetteur", sender.name
    yield "Identifiant", sender.identifier
    yield "Adresse", sender.address
    yield "Telephone", sender.phone
    yield "Courriel", sender.mail


def _readme(submission: Submission, sender: Sender, application: Application) -> bytes:
    """Plain ASCII with CRLF: the file is for whoever opens the zip by hand, anywhere."""
    lines = [
        *(f"{label} : {value}" for label, value in _contact(sender) if value),
        f"Application : {application.name} {application.version} {application.vendor}",
        "",
        "Ce dossier contient des documents de sante au format IHE XDM.",
        "Ouvrez INDEX.HTM avec un navigateur pour en voir la liste.",
        "",
        "INDEX.HTM",
        "README.TXT",
        f"{_SUBSET}/METADATA.XML",
        *(f"{_SUBSET}/{entry.uri}" for entry in submission.documents),
        "",
    ]
    return "\r\n".join(plain_letters(line) for line in lines).encode("ascii", "replace")


def _index(submission: Submission, sender: Sender) -> bytes:
    contact = "".join(
        f"<p>{escape(label)} : {escape(value)}</p>" for label, value in _contact(sender) if value
    )
    links = "".join(
        f'<li><a href="{_SUBSET}/{entry.uri}">{escape(entry.title or entry.uri)}</a></li>'
        for entry in submission.documents
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML Basic 1.0//EN" '
        '"http://www.w3.org/TR/xhtml-basic/xhtml-basic10.dtd">\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr"><head>'
        f"<title>Documents de santé</title></head><body><h1>Documents de santé</h1>{contact}"
        f'<ul>{links}</ul><p><a href="README.TXT">README.TXT</a></p></body></html>\n'
    ).encode()
