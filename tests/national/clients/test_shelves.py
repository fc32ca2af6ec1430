"""A folder and a bucket of a real S3 service do the same."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from carnet.national.clients.documents import DocumentStore, DocumentStoreError, Stored, sealed
from carnet.national.clients.documents.sealed import PIECE
from carnet.national.clients.documents.shelves import Bucket, Folder, Shelf

KEY = bytes(range(32))
PATIENT = uuid4()
LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def store(shelf: Shelf) -> DocumentStore:
    return DocumentStore(shelf, KEY)


@pytest.mark.parametrize("size", [0, 5, PIECE, 2 * PIECE + 1])
def test_a_document_in_pieces_comes_back(store: DocumentStore, size: int) -> None:
    data = os.urandom(size)
    pieces = (data[at : at + 300_000] for at in range(0, size, 300_000))
    stored = store.put_pieces(PATIENT, pieces)
    assert stored == Stored.of(data)
    assert store.get(PATIENT, stored.sha256) == data
    assert b"".join(store.pieces(PATIENT, stored.sha256)) == data


def test_a_small_document_can_be_read_in_pieces_and_a_large_one_put_whole(
    store: DocumentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = store.put(PATIENT, b"small")
    assert list(store.pieces(PATIENT, small.sha256)) == [b"small"]
    monkeypatch.setattr("carnet.national.clients.documents.LARGE", 10)
    large = store.put(PATIENT, b"larger than ten bytes")
    (lying,) = (each for each in store.shelf.walk("") if large.sha256 in each.name)
    with store.shelf.opened(lying.name) as file:
        assert file.read(8) == sealed.PIECES
    assert store.get(PATIENT, large.sha256) == b"larger than ten bytes"


def test_what_lies_there_already_stays(shelf: Shelf) -> None:
    shelf.keep("aa/b/c", lambda: b"first")
    shelf.keep("aa/b/c", lambda: b"second")
    assert shelf.read("aa/b/c") == b"first"


def test_what_is_moved_lies_there_as_of_now(shelf: Shelf) -> None:
    shelf.keep("aa/b/c", lambda: b"it")
    shelf.move("aa/b/c", "trash/aa/b/c")
    assert shelf.read("trash/aa/b/c") == b"it"
    assert [each.name for each in shelf.walk("aa")] == []
    (lying,) = shelf.walk("trash/aa")
    assert abs(lying.since - datetime.now(UTC)) < timedelta(minutes=1)
    with pytest.raises(FileNotFoundError):
        shelf.read("aa/b/c")


def test_an_absent_name_is_told(shelf: Shelf) -> None:
    for deed in (
        lambda: shelf.read("aa/b/c"),
        lambda: shelf.move("aa/b/c", "aa/b/d"),
        lambda: shelf.opened("aa/b/c").__enter__(),
    ):
        with pytest.raises(FileNotFoundError):
            deed()
    shelf.delete("aa/b/c")
    assert list(shelf.walk("aa")) == []


def test_a_prefix_is_a_folder_and_not_the_beginning_of_a_name(shelf: Shelf) -> None:
    shelf.keep("ab/p/d", lambda: b"1")
    shelf.keep("abc/p/d", lambda: b"2")
    assert [each.name for each in shelf.walk("ab")] == ["ab/p/d"]
    assert len(list(shelf.walk(""))) == 2


def test_pieces_cannot_be_moved_left_out_or_added(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path, KEY)
    data = os.urandom(3 * PIECE + 7)
    stored = store.put_pieces(PATIENT, (data,))
    (path,) = (each for each in tmp_path.rglob("*") if each.is_file())
    whole = path.read_bytes()
    start, size = sealed.HEAD + 7, PIECE + 16
    head, cut = whole[:start], [whole[at : at + size] for at in range(start, len(whole), size)]
    flipped = bytes([cut[2][5] ^ 1])
    for pieces in (
        cut[:-1],
        cut[1:],
        cut[:1] + cut[2:],
        [cut[1], cut[0], *cut[2:]],
        [*cut, cut[-1]],
        [*cut[:2], cut[2][:5] + flipped + cut[2][6:], cut[3]],
        [*cut[:3], cut[3][:-1]],
        [],
    ):
        path.write_bytes(head + b"".join(pieces))
        with pytest.raises(DocumentStoreError):
            list(store.pieces(PATIENT, stored.sha256))
        with pytest.raises(DocumentStoreError):
            store.get(PATIENT, stored.sha256)
    path.write_bytes(whole)
    assert store.get(PATIENT, stored.sha256) == data


def test_pieces_that_stop_coming_leave_nothing(shelf: Shelf) -> None:
    def broken() -> Any:
        yield b"some"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        DocumentStore(shelf, KEY).put_pieces(PATIENT, broken())
    assert list(shelf.walk("")) == []
    assert shelf.sweep("", LATER) == 0


def test_what_a_dead_process_began_is_swept_in_time(tmp_path: Path) -> None:
    shelf = Folder(tmp_path)
    shelf.keep("aa/b/c", lambda: b"kept")
    (tmp_path / "aa" / "b" / ".c.0123").write_bytes(b"half")
    shelf.scratch()
    assert shelf.sweep("aa", datetime.now(UTC) - timedelta(days=1)) == 0
    assert shelf.sweep("aa", LATER) == 2
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["c"]


def test_a_service_that_is_not_there_is_a_fault_of_the_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    store = DocumentStore(Bucket("s3://documents"), KEY)
    with pytest.raises(OSError, match="object service"):
        store.put(PATIENT, b"x")
