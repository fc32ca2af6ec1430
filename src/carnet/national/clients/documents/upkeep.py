"""What is done to a whole store: keys are rotated, what nobody refers to any more is removed.

Removing goes in two steps, because a publication keeps the bytes first and registers them next.
What nobody refers to and has lain for `GRACE` is moved to the trash; what has lain in the trash
for as long, and still nobody refers to, is deleted. A publication that finds the bytes there and
registers them just after they were judged is therefore safe, if it lasts less than `GRACE`: from
the trash they are given back as before, and put back in their place the next time. One that comes
after they were moved finds none and writes them again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from carnet.national.clients.documents import TRASH, Address, DocumentStore, sealed
from carnet.national.clients.documents.sealed import DocumentStoreError
from carnet.national.clients.documents.shelves import Lying

#: Longer than any publication lasts, and than clocks differ.
GRACE: Final = timedelta(days=1)
#: The first two characters of names: a store is gone through a part at a time.
SHARDS: Final = tuple(f"{number:02x}" for number in range(256))
_BATCH: Final = 500

Kept = Callable[[Collection[Address]], set[Address]]
"""Those of these documents that somebody refers to."""


@dataclass(slots=True)
class Collected:
    """What a collection did: to the trash, back from it, out of it; files never finished."""

    moved: int = 0
    restored: int = 0
    deleted: int = 0
    unfinished: int = 0


def collect(store: DocumentStore, shard: str, *, kept: Kept, now: datetime) -> Collected:
    """One round over a shard of the store (or the whole, as ``""``). Raises `OSError`.

    Two at once do no harm. A name that is not one of a document is left alone.
    """
    done = Collected()
    before = now - GRACE
    for found in _batches(store, TRASH + shard, before):
        wanted = kept(found)
        for address in found:
            if address in wanted:
                _move(store, TRASH + address.name, address.name)
                done.restored += 1
            else:
                store.shelf.delete(TRASH + address.name)
                done.deleted += 1
    for found in _batches(store, shard, before):
        for address in set(found) - kept(found):
            _move(store, address.name, TRASH + address.name)
            done.moved += 1
    done.unfinished = store.shelf.sweep(shard, before)
    return done


def _batches(store: DocumentStore, prefix: str, before: datetime) -> Iterator[Sequence[Address]]:
    """The documents that lie under a prefix since before then."""
    in_trash = prefix.startswith(TRASH)
    old = (
        address
        for each in store.shelf.walk(prefix.rstrip("/"))
        if each.since < before and each.name.startswith(TRASH) == in_trash
        if (address := _address(each)) is not None
    )
    while batch := list(islice(old, _BATCH)):
        yield batch


def _address(lying: Lying) -> Address | None:
    try:
        return Address.of(lying.name)
    except ValueError:
        return None


def _move(store: DocumentStore, source: str, target: str) -> None:
    try:
        store.shelf.move(source, target)
    except FileNotFoundError:
        return  # another collection was there first, or the document was deleted


@dataclass(slots=True)
class Rotated:
    """What a rotation found: already under the present key, wrapped anew, not to be opened."""

    present: int = 0
    wrapped: int = 0
    failed: int = 0


def rotate(store: DocumentStore, shard: str, tell: Callable[[str, str], None]) -> Rotated:
    """Wrap every document key of a shard (or the whole, ``""``) by the present master key.

    The content is not encrypted again. Done again after an interruption it goes on where it was:
    what is under the present key is only looked at. `tell` receives the name of each document
    that no key opens, and why. Raises `OSError`.
    """
    done = Rotated()
    prefixes = (shard, TRASH + shard) if shard else ("",)
    for prefix in prefixes:
        for each in store.shelf.walk(prefix):
            address = _address(each)
            if address is None:
                continue
            try:
                if _wrap_again(store, each.name, address):
                    done.wrapped += 1
                else:
                    done.present += 1
            except DocumentStoreError as error:
                done.failed += 1
                tell(each.name, str(error))
            except FileNotFoundError:
                continue  # deleted or moved since it was listed: the next run sees where to
    return done


def _wrap_again(store: DocumentStore, name: str, address: Address) -> bool:
    """Whether another key than the present one wrapped this document; it no longer does."""
    bound = sealed.bound(*address)
    with store.shelf.opened(name) as file:
        head = file.read(sealed.HEAD)
        key, present = store.ring.unwrap(head, bound)
        if present:
            return False
        scratch = store.shelf.scratch()
        try:
            with scratch.open("wb") as copy:
                copy.write(store.ring.wrap(head[: len(sealed.WHOLE)], key, bound))
                while piece := file.read(sealed.PIECE):
                    copy.write(piece)
            store.shelf.adopt(name, scratch)
        finally:
            scratch.unlink(missing_ok=True)
    return True
