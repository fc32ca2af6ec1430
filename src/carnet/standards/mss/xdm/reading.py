"""Reading an XDM package from anybody, in memory, within bounds (spec mssante §5.2, §5.3).

Nothing is ever written to disk and no path of the archive is ever used as a path.
"""

from __future__ import annotations

import hashlib
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from carnet.standards import xml
from carnet.standards.mss.xdm.errors import XdmError
from carnet.standards.mss.xdm.package import XdmPackage
from carnet.standards.xds.ebrim import RIM, read_submission
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.metadata import DocumentEntry, Submission

_METADATA: Final = re.compile(r"ihe_xdm/([^/]+)/metadata\.xml")
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_CENTRAL_HEADER: Final = b"PK\x01\x02"
_CHUNK: Final = 64 * 1024
#: What zipfile and zlib raise on bytes that are not what the archive says.
_CORRUPT: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what is read. Sizes in bytes; `ratio` is inflated over deflated, per entry."""

    archive: int = 25 * 1024 * 1024
    entries: int = 200
    entry: int = 50 * 1024 * 1024
    total: int = 100 * 1024 * 1024
    ratio: int = 200
    metadata: int = 4 * 1024 * 1024


def read(data: bytes, limits: Limits | None = None) -> XdmPackage:
    """The package in `data`, names matched without case. Raises `XdmError`.

    Every document that the metadata announce is there, of the size and hash announced; what the
    metadata do not announce is not read.
    """
    limits = limits or Limits()
    if len(data) > limits.archive:
        raise XdmError("too_large")
    # zipfile lists an archive whole before its entries can be counted: bound the list first.
    if data.count(_CENTRAL_HEADER) > 50 * limits.entries:
        raise XdmError("too_many_entries")
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except _CORRUPT as error:
        raise XdmError("not_a_zip") from error
    with archive:
        content = _Content(archive, limits)
        subsets = sorted(m[1] for m in map(_METADATA.fullmatch, content.names) if m)
        if not subsets:
            raise XdmError("no_metadata")
        first, *others = (_subset(content, subset) for subset in subsets)
        absent = tuple(
            warning
            for warning, name in (("no_index", "index.htm"), ("no_readme", "readme.txt"))
            if name not in content.names
        )
    return XdmPackage(first.submission, first.documents, tuple(others), (*absent, *first.warnings))


class _Content:
    """The entries of an archive by their lower-case name, all checked, inflated within bounds."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._archive = archive
        self.limits = limits
        self._left = limits.total
        infos = archive.infolist()
        if len(infos) > limits.entries:
            raise XdmError("too_many_entries")
        self.names: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = _safe_name(info)
            if name in self.names:
                raise XdmError("duplicate_name", name)
            self.names[name] = info

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of one entry, as many as come: what the headers declare is not believed."""
        info = self.names[name]
        limit = min(limit, self._left)
        allowed = max(info.compress_size, 1024) * self.limits.ratio
        parts, size = [], 0
        try:
            with self._archive.open(info) as file:
                while chunk := file.read(_CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise XdmError("too_large", name)
                    if size > allowed:
                        raise XdmError("ratio", name)
                    parts.append(chunk)
        except XdmError:
            raise
        except _CORRUPT as error:
            raise XdmError("corrupt", name) from error
        self._left -= size
        return b"".join(parts)


def _safe_name(info: zipfile.ZipInfo) -> str:
    """The compared name of an entry; raises for what no XDM package holds."""
    if "\0" in info.orig_filename or len(info.filename) > 255:
        raise XdmError("unsafe_name")
    name = info.filename.replace("\\", "/").lower()
    parts = name.removesuffix("/").split("/")
    if any(part in ("", ".", "..") or ":" in part for part in parts):
        raise XdmError("unsafe_name", name)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise XdmError("special_file", name)
    if info.flag_bits & 0x41:  # encrypted, or strongly so
        raise XdmError("encrypted", name)
    if info.compress_type not in _METHODS:
        raise XdmError("compression", name)
    return name


def _subset(content: _Content, subset: str) -> XdmPackage:
    folder = f"ihe_xdm/{subset}/"
    place = f"{folder}metadata.xml"
    submission = _metadata(content.read(place, content.limits.metadata), place)
    if not submission.documents:
        raise XdmError("no_document", place)
    documents = {}
    for entry in submission.documents:
        if not entry.uri:
            raise XdmError("no_uri", place)
        if entry.uri in documents:
            raise XdmError("duplicate_name", entry.uri)
        name = folder + entry.uri.replace("\\", "/").lower()
        if name not in content.names or name == place:
            raise XdmError("missing_document", entry.uri)
        documents[entry.uri] = content.read(name, content.limits.entry)
        _check(entry, documents[entry.uri])
    return XdmPackage(submission, documents, warnings=tuple(_warnings(submission)))


def _metadata(data: bytes, place: str) -> Submission:
    try:
        root = xml.parse(data)
        objects = root if root.tag == f"{{{RIM}}}RegistryObjectList" else None
        if objects is None:
            objects = root.find(f"{{{RIM}}}RegistryObjectList")
        if objects is None:
            raise XdmError("metadata", place)
        return read_submission(objects)
    except (xml.XmlError, XdsRefused) as error:
        raise XdmError("metadata", place) from error


def _check(entry: DocumentEntry, data: bytes) -> None:
    if entry.size is not None and entry.size != len(data):
        raise XdmError("size_mismatch", entry.uri)
    digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    if entry.hash and entry.hash.lower() != digest:
        raise XdmError("hash_mismatch", entry.uri)


def _warnings(submission: Submission) -> Iterator[str]:
    if any(not entry.hash for entry in submission.documents):
        yield "no_hash"
    if any(entry.size is None for entry in submission.documents):
        yield "no_size"
