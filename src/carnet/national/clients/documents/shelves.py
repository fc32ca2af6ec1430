"""Where sealed documents lie: a folder that survives power cuts, or a bucket of an S3 service.

Both know names and bytes, nothing else. A name is `a/b/c`. What is put on a shelf is whole or is
not there. Every fault of the service or of the disk is an `OSError`; an absent name is
`FileNotFoundError`.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.exceptions import NotFoundError as NoSuchObject
from obstore.store import S3Store

from carnet.national.clients.documents.sealed import Reader

if TYPE_CHECKING:
    from obstore import ReadableFile


class Lying(NamedTuple):
    """A name on a shelf, and when it was put there or moved."""

    name: str
    since: datetime


class Shelf(Protocol):
    """What a shelf does; see the module."""

    def keep(self, name: str, make: Callable[[], bytes]) -> None:
        """Put what `make` gives, durably, unless something of this name lies here already."""

    def read(self, name: str) -> bytes:
        """All of it."""

    @contextmanager
    def opened(self, name: str) -> Iterator[Reader]:
        """To be read a part at a time."""

    def scratch(self) -> Path:
        """A new empty file beside the shelf, to be filled and put by `adopt`."""

    def adopt(self, name: str, file: Path) -> None:
        """Put this file, durably, in the place of whatever is there; the file is gone after."""

    def move(self, source: str, target: str) -> None:
        """Give another name; it lies there as of now."""

    def delete(self, name: str) -> None:
        """Take away; nothing happens when it is not there."""

    def walk(self, prefix: str) -> Iterator[Lying]:
        """What lies under this prefix, `a/b`; what was never finished is not told."""

    def sweep(self, prefix: str, before: datetime) -> int:
        """Remove what was begun under this prefix before then and never finished; how many."""


class Folder:
    """A folder; everything is flushed before it is said to be there."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, name: str, make: Callable[[], bytes]) -> None:
        place, _, last = name.rpartition("/")
        with self._folder(place) as folder:
            if not os.access(last, os.F_OK, dir_fd=folder):
                partial = f".{last}.{secrets.token_hex(8)}"
                try:
                    _write(partial, make(), folder)
                    os.rename(partial, last, src_dir_fd=folder, dst_dir_fd=folder)
                except OSError:
                    with suppress(FileNotFoundError):
                        os.unlink(partial, dir_fd=folder)
                    raise
            # Also when the file was there: who renamed it may not have flushed the folder yet.
            os.fsync(folder)

    def read(self, name: str) -> bytes:
        return self._path(name).read_bytes()

    @contextmanager
    def opened(self, name: str) -> Iterator[Reader]:
        with self._path(name).open("rb") as file:
            yield file

    def scratch(self) -> Path:
        descriptor, name = tempfile.mkstemp(prefix=".scratch.", dir=self._root)
        os.close(descriptor)
        return Path(name)

    def adopt(self, name: str, file: Path) -> None:
        path = self._path(name)
        self._make_folder(path.parent)
        _flush(file, os.O_RDWR)
        file.rename(path)
        _flush_folder(path.parent)

    def move(self, source: str, target: str) -> None:
        path = self._path(target)
        self._make_folder(path.parent)
        # Before it is moved: a power cut between the two only makes it look younger.
        os.utime(self._path(source))
        self._path(source).rename(path)
        _flush_folder(path.parent)
        _flush_folder(self._path(source).parent)

    def delete(self, name: str) -> None:
        path = self._path(name)
        with suppress(FileNotFoundError):
            path.unlink()
            _flush_folder(path.parent)

    def walk(self, prefix: str) -> Iterator[Lying]:
        for path, since in self._files(prefix):
            if not path.name.startswith("."):
                yield Lying(str(path.relative_to(self._root)), since)

    def sweep(self, prefix: str, before: datetime) -> int:
        # Scratches lie at the root: their place was not known yet.
        begun = {path for path, since in self._files(prefix) if since < before}
        begun |= {path for path in self._root.glob(".*") if _since(path) < before}
        unfinished = [path for path in begun if path.name.startswith(".")]
        for path in unfinished:
            path.unlink(missing_ok=True)
        return len(unfinished)

    def _files(self, prefix: str) -> Iterator[tuple[Path, datetime]]:
        for folder, _folders, names in os.walk(self._root / prefix):
            for name in sorted(names):
                path = Path(folder, name)
                with suppress(FileNotFoundError):  # gone since it was listed
                    yield path, _since(path)

    def _path(self, name: str) -> Path:
        return self._root / name

    @contextmanager
    def _folder(self, name: str) -> Iterator[int]:
        """A folder, open and made if need be: what is in it is named from there."""
        path = f"{self._root}/{name}"
        try:
            folder = os.open(path, _FOLDER)
        except FileNotFoundError:
            self._make_folder(Path(path))
            folder = os.open(path, _FOLDER)
        try:
            yield folder
        finally:
            os.close(folder)

    def _make_folder(self, folder: Path) -> None:
        """Make the folder, flushing each parent so that the way to it is durable too."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _flush_folder(folder.parent)


class Bucket:
    """A bucket, or a prefix in one (`s3://bucket/prefix`).

    The service, its region and credentials come from the usual variables (`AWS_ENDPOINT_URL`,
    `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`), which obstore reads.
    """

    def __init__(self, url: str) -> None:
        # A publication waits for it: what does not come soon is told.
        self._store = S3Store.from_url(
            url,
            client_options={
                "connect_timeout": "3s",
                "timeout": "60s",
                "allow_http": os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
        )

    def keep(self, name: str, make: Callable[[], bytes]) -> None:
        # Only where there is none: one call tells whether there was, and changes nothing then.
        with _told(), suppress(AlreadyExistsError):
            obstore.put(self._store, name, make(), mode="create", use_multipart=False)

    def read(self, name: str) -> bytes:
        with _told():
            return bytes(obstore.get(self._store, name).bytes())

    @contextmanager
    def opened(self, name: str) -> Iterator[Reader]:
        with _told():
            yield _Object(obstore.open_reader(self._store, name))

    def scratch(self) -> Path:
        descriptor, name = tempfile.mkstemp(prefix="carnet-scratch-")
        os.close(descriptor)
        return Path(name)

    def adopt(self, name: str, file: Path) -> None:
        with _told():
            obstore.put(self._store, name, file)
        file.unlink()

    def move(self, source: str, target: str) -> None:
        with _told():
            obstore.copy(self._store, source, target)
            obstore.delete(self._store, source)

    def delete(self, name: str) -> None:
        with _told(), suppress(FileNotFoundError, NoSuchObject):
            obstore.delete(self._store, name)

    def walk(self, prefix: str) -> Iterator[Lying]:
        with _told():
            for batch in obstore.list(self._store, prefix):
                for each in batch:
                    yield Lying(each["path"], each["last_modified"])

    def sweep(self, prefix: str, before: datetime) -> int:  # noqa: ARG002 - a bucket has no halves
        return 0


class _Object:
    """An object being read."""

    def __init__(self, reader: ReadableFile) -> None:
        self._reader = reader

    def read(self, size: int, /) -> bytes:
        return bytes(self._reader.read(size))


@contextmanager
def _told() -> Iterator[None]:
    """The faults of the service as those of a disk."""
    try:
        yield
    except NoSuchObject as error:
        raise FileNotFoundError(str(error)) from None
    except BaseError as error:
        raise OSError(f"the object service refuses: {type(error).__name__}") from error


_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY


def _write(name: str, data: bytes, folder: int) -> None:
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        # The content and its length; of a new file the times go with them.
        os.fdatasync(descriptor)


def _flush(path: Path, how: int) -> None:
    descriptor = os.open(path, how)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    _flush(folder, _FOLDER)


def _since(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
