"""The store of documents: what goes in comes out, for the same patient and key alone."""

from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.national.clients.documents import DocumentStore, DocumentStoreError, Stored

PATIENT = UUID(int=1)
OTHER = UUID(int=2)
KEY = b"k" * 32
DATA = b"%PDF-1.4 a letter"


@pytest.fixture
def store(tmp_path: Path) -> DocumentStore:
    return DocumentStore(tmp_path, KEY)


def only_file(folder: Path) -> Path:
    (found,) = (each for each in folder.rglob("*") if each.is_file())
    return found


def test_what_is_put_is_given_back(store: DocumentStore) -> None:
    stored = store.put(PATIENT, DATA)
    assert stored == Stored.of(DATA)
    assert store.get(PATIENT, stored.sha256) == DATA


def test_nothing_of_the_content_is_on_the_disk(store: DocumentStore, tmp_path: Path) -> None:
    store.put(PATIENT, DATA)
    assert b"letter" not in only_file(tmp_path).read_bytes()


def test_the_same_content_is_kept_once(store: DocumentStore, tmp_path: Path) -> None:
    store.put(PATIENT, DATA)
    first = only_file(tmp_path).read_bytes()
    store.put(PATIENT, DATA)
    assert only_file(tmp_path).read_bytes() == first


def test_a_file_of_another_patient_does_not_open(store: DocumentStore, tmp_path: Path) -> None:
    stored = store.put(PATIENT, DATA)
    store.put(OTHER, b"other")
    theirs = tmp_path / OTHER.hex[-2:] / str(OTHER) / stored.sha256
    theirs.write_bytes((tmp_path / PATIENT.hex[-2:] / str(PATIENT) / stored.sha256).read_bytes())
    with pytest.raises(DocumentStoreError):
        store.get(OTHER, stored.sha256)


def test_a_damaged_file_is_not_given_back(store: DocumentStore, tmp_path: Path) -> None:
    stored = store.put(PATIENT, DATA)
    path = only_file(tmp_path)
    sealed = bytearray(path.read_bytes())
    for place in range(len(sealed)):
        path.write_bytes(sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :])
        with pytest.raises(DocumentStoreError):
            store.get(PATIENT, stored.sha256)


def test_another_key_opens_nothing(store: DocumentStore, tmp_path: Path) -> None:
    stored = store.put(PATIENT, DATA)
    with pytest.raises(DocumentStoreError):
        DocumentStore(tmp_path, b"x" * 32).get(PATIENT, stored.sha256)


def test_an_absent_document_is_told(store: DocumentStore) -> None:
    with pytest.raises(DocumentStoreError):
        store.get(PATIENT, "0" * 64)


def test_a_deleted_document_is_absent(store: DocumentStore) -> None:
    stored = store.put(PATIENT, DATA)
    store.delete(PATIENT, stored.sha256)
    store.delete(PATIENT, stored.sha256)
    with pytest.raises(DocumentStoreError):
        store.get(PATIENT, stored.sha256)


def test_a_write_that_fails_leaves_nothing(
    store: DocumentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    store.put(PATIENT, b"first")
    monkeypatch.setattr("os.fdatasync", full)
    with pytest.raises(OSError, match="No space"):
        store.put(PATIENT, DATA)
    assert only_file(tmp_path).name == Stored.of(b"first").sha256


@given(st.binary(max_size=4096))
def test_any_content_comes_back(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    store = DocumentStore(tmp_path_factory.mktemp("store"), KEY)
    assert store.get(PATIENT, store.put(PATIENT, data).sha256) == data
