"""Keys are rotated without a document being lost; what nobody refers to goes, and only that."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from carnet.national.clients.documents import (
    TRASH,
    Address,
    DocumentStore,
    DocumentStoreError,
    upkeep,
)
from carnet.national.clients.documents.sealed import PIECE
from carnet.national.clients.documents.shelves import Shelf
from carnet.national.clients.documents.upkeep import GRACE, Collected, Rotated, collect, rotate

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
PATIENT = UUID("01999999-0000-7000-8000-0000000000ab")
NOW = datetime.now(UTC)
#: A day on which everything that was put today has lain long enough.
LATER = NOW + GRACE + timedelta(hours=1)
MUCH_LATER = LATER + GRACE + timedelta(hours=1)


class Register:
    """Who refers to what."""

    def __init__(self) -> None:
        self.addresses: set[Address] = set()

    def __call__(self, asked: Collection[Address]) -> set[Address]:
        return self.addresses & set(asked)


@pytest.fixture
def store(shelf: Shelf) -> DocumentStore:
    return DocumentStore(shelf, OLD)


@pytest.fixture
def register() -> Register:
    return Register()


def names(store: DocumentStore) -> list[str]:
    return sorted(each.name for each in store.shelf.walk(""))


def unheard(_name: str, _why: str) -> None:
    raise AssertionError


@pytest.mark.parametrize("shard", ["ab", ""])
def test_after_a_rotation_the_new_key_alone_opens_everything(shelf: Shelf, shard: str) -> None:
    before = DocumentStore(shelf, OLD)
    data = bytes(PIECE + 1)
    stored = [before.put(PATIENT, b"one"), before.put_pieces(PATIENT, (data,))]
    both = DocumentStore(shelf, (NEW, OLD))
    assert both.get(PATIENT, stored[0].sha256) == b"one"
    assert rotate(both, shard, unheard) == Rotated(present=0, wrapped=2, failed=0)
    assert rotate(both, shard, unheard) == Rotated(present=2, wrapped=0, failed=0)
    after = DocumentStore(shelf, NEW)
    assert [after.get(PATIENT, each.sha256) for each in stored] == [b"one", data]
    with pytest.raises(DocumentStoreError):
        before.get(PATIENT, stored[0].sha256)


def test_an_interrupted_rotation_goes_on_where_it_was(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = DocumentStore(shelf, OLD)
    stored = [before.put(PATIENT, bytes([number])) for number in range(6)]
    both = DocumentStore(shelf, (NEW, OLD))
    adopt, calls = shelf.adopt, iter(range(10))

    def dying(name: str, file: object) -> None:
        if next(calls) == 3:
            raise KeyboardInterrupt
        adopt(name, file)  # type: ignore[arg-type]

    monkeypatch.setattr(shelf, "adopt", dying)
    with pytest.raises(KeyboardInterrupt):
        rotate(both, "", unheard)
    monkeypatch.undo()
    # Whoever reads meanwhile has both keys.
    assert all(both.get(PATIENT, each.sha256) for each in stored)
    assert rotate(both, "", unheard) == Rotated(present=3, wrapped=3)


def test_a_document_that_no_key_opens_is_told_and_left(shelf: Shelf) -> None:
    DocumentStore(shelf, b"x" * 32).put(PATIENT, b"theirs")
    told: list[str] = []
    done = rotate(DocumentStore(shelf, (NEW, OLD)), "", lambda name, _why: told.append(name))
    assert (done.failed, told) == (1, names(DocumentStore(shelf, OLD)))


def test_what_nobody_refers_to_goes_in_two_steps(store: DocumentStore, register: Register) -> None:
    kept, orphan = store.put(PATIENT, b"kept"), store.put(PATIENT, b"orphan")
    register.addresses.add(Address(PATIENT, kept.sha256))
    assert collect(store, "ab", kept=register, now=NOW) == Collected()
    assert collect(store, "ab", kept=register, now=LATER) == Collected(moved=1)
    # As of then: the test cannot wait for a day to pass.
    assert collect(store, "ab", kept=register, now=NOW) == Collected()
    assert collect(store, "", kept=register, now=MUCH_LATER) == Collected(deleted=1)
    assert names(store) == [Address(PATIENT, kept.sha256).name]
    with pytest.raises(DocumentStoreError):
        store.get(PATIENT, orphan.sha256)


def test_a_publication_that_found_old_bytes_there_never_loses_them(
    store: DocumentStore, register: Register
) -> None:
    """The bytes of a failed publication lie there; another one of the same document comes."""
    data = b"left by a publication that failed"
    address = Address(PATIENT, store.put(PATIENT, data).sha256)

    def judged_while_publishing(asked: Collection[Address]) -> set[Address]:
        wanted = register(asked)
        store.put(PATIENT, data)  # finds them there, and writes nothing
        return wanted

    assert collect(store, "ab", kept=judged_while_publishing, now=LATER).moved == 1
    register.addresses.add(address)  # the publication is committed
    assert store.get(PATIENT, address.sha256) == data
    assert b"".join(store.pieces(PATIENT, address.sha256)) == data
    done = collect(store, "ab", kept=register, now=MUCH_LATER)
    assert (done.restored, done.deleted) == (1, 0)
    assert names(store) == [address.name]
    assert store.get(PATIENT, address.sha256) == data


def test_a_publication_that_comes_after_writes_its_bytes_again(
    store: DocumentStore, register: Register
) -> None:
    data = b"left by a publication that failed"
    address = Address(PATIENT, store.put(PATIENT, data).sha256)
    collect(store, "ab", kept=register, now=LATER)
    store.put(PATIENT, data)
    register.addresses.add(address)
    assert names(store) == [address.name, TRASH + address.name]
    collect(store, "ab", kept=register, now=MUCH_LATER)
    assert names(store) == [address.name]
    assert store.get(PATIENT, address.sha256) == data


def test_two_collections_at_once_do_no_harm(store: DocumentStore, register: Register) -> None:
    address = Address(PATIENT, store.put(PATIENT, b"orphan").sha256)

    def meanwhile(asked: Collection[Address]) -> set[Address]:
        collect(store, "ab", kept=register, now=LATER)
        return register(asked)

    collect(store, "ab", kept=meanwhile, now=LATER)
    assert names(store) == [TRASH + address.name]


def test_names_that_are_not_ours_are_left_alone(shelf: Shelf, register: Register) -> None:
    ours = str(uuid4())
    for name in ("README", f"{ours}/short", "not-a-uuid/" + "0" * 64, f"{ours}/{'z' * 64}"):
        shelf.keep(f"ab/{name}", lambda: b"not ours")
    store = DocumentStore(shelf, OLD)
    assert collect(store, "ab", kept=register, now=LATER) == Collected()
    assert rotate(store, "ab", unheard) == Rotated()
    assert len(names(store)) == 4


def test_every_document_is_in_one_of_the_shards() -> None:
    assert len(upkeep.SHARDS) == 256
    assert all(Address(uuid4(), "0" * 64).name[:2] in upkeep.SHARDS for _ in range(50))
