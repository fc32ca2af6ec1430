"""The store of documents as a whole: `carnet record rotate-key|verify|collect`, and the worker's
search for what nobody refers to (docs/how-to/keep-documents.md)."""

from __future__ import annotations

import argparse
import hashlib
import logging
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from carnet.national.clients.documents import (
    Address,
    DocumentStore,
    DocumentStoreError,
    store,
    upkeep,
)
from carnet.ops import serve
from carnet.ops.language import gettext as _

_log = logging.getLogger(__name__)

#: Seconds for one shard: all of them in a day.
_SHARE: Final = 86_400 // len(upkeep.SHARDS)
_BATCH: Final = 200
_FIRST: Final = Address(UUID(int=0), "")


def add_to(acts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands on the store."""
    rotate = acts.add_parser("rotate-key", help="wrap every document key by the present master key")
    rotate.set_defaults(run=_rotate)
    verify = acts.add_parser("verify", help="read, decipher and hash every document again")
    verify.add_argument("--state", type=Path, help="go on from what this file says, and write it")
    verify.add_argument("--threads", type=int, default=4, help="documents read at once")
    verify.set_defaults(run=_verify)
    collect = acts.add_parser("collect", help="a whole round over what nobody refers to")
    collect.set_defaults(run=_collect)


def collecting(stop: threading.Event) -> None:
    """Go through the store a shard at a time, each once a day, until `stop` is set.

    The shard is told by the hour: a worker that restarts often leaves none out for long.
    """
    from django.db import DatabaseError, connection

    last = -1
    while not stop.wait(2.0):
        now = datetime.now(UTC)
        turn = int(now.timestamp()) // _SHARE
        if turn == last:
            continue
        last = turn
        try:
            done = upkeep.collect(
                _store(), upkeep.SHARDS[turn % len(upkeep.SHARDS)], kept=_held, now=now
            )
        except (DatabaseError, OSError) as error:
            _log.error("documents_not_collected", extra={"reason": type(error).__name__})
            connection.close()
            continue
        if done != upkeep.Collected():
            _log.info(
                "documents_collected",
                extra={
                    "moved": done.moved,
                    "restored": done.restored,
                    "deleted": done.deleted,
                    "unfinished": done.unfinished,
                },
            )
    connection.close()


def _store() -> DocumentStore:
    from django.conf import settings

    return store(settings.CARNET_DOCUMENTS_URL, settings.CARNET_MASTER_KEY)


def _held(asked: Collection[Address]) -> set[Address]:
    """Every room that keeps something in the store is asked."""
    from carnet.national.messaging.held import held as by_messaging
    from carnet.national.record.held import held as by_record

    return by_record(asked) | by_messaging(asked)


def _with_the_store(act: Callable[[argparse.Namespace], int]) -> Callable[..., int]:
    def run(given: argparse.Namespace) -> int:
        import django

        serve.use_settings("national")
        django.setup()
        try:
            return act(given)
        except OSError as error:
            print(f"carnet: {error}", file=sys.stderr)
            return 1

    return run


@_with_the_store
def _rotate(_given: argparse.Namespace) -> int:
    present = wrapped = failed = 0
    for shard in upkeep.SHARDS:
        done = upkeep.rotate(_store(), shard, lambda name, why: print(f"{name}: {why}", flush=True))
        present, wrapped, failed = (
            present + done.present,
            wrapped + done.wrapped,
            failed + done.failed,
        )
    print(
        _(
            "%(wrapped)d clés de documents enveloppées, %(present)d l'étaient déjà, "
            "%(failed)d documents illisibles"
        )
        % {"wrapped": wrapped, "present": present, "failed": failed}
    )
    return 1 if failed else 0


@_with_the_store
def _collect(_given: argparse.Namespace) -> int:
    done = upkeep.collect(_store(), "", kept=_held, now=datetime.now(UTC))
    print(
        _(
            "%(moved)d documents mis à la corbeille, %(restored)d remis en place, "
            "%(deleted)d supprimés, %(unfinished)d écritures inachevées retirées"
        )
        % {
            "moved": done.moved,
            "restored": done.restored,
            "deleted": done.deleted,
            "unfinished": done.unfinished,
        }
    )
    return 0


@_with_the_store
def _verify(given: argparse.Namespace) -> int:
    read = bad = 0
    begun = _begun(given.state) if given.state else (0, _FIRST)
    if begun is None:
        print(f"carnet: {given.state} is not a state of this command", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(max(1, given.threads)) as threads:
        for room, batch in _everything(*begun):
            for (address, _size), problem in zip(
                batch, threads.map(lambda each: _problem(*each), batch), strict=True
            ):
                read += 1
                # Deleted since it was listed: nobody misses it.
                if problem and _held([address]):
                    bad += 1
                    print(f"{address.name}: {problem}", flush=True)
            if given.state:
                _write_state(given.state, room, batch[-1][0])
    print(_("%(read)d documents relus, %(bad)d absents ou abîmés") % {"read": read, "bad": bad})
    return 1 if bad else 0


def _everything(first: int, after: Address) -> Iterator[tuple[int, list[tuple[Address, int]]]]:
    """What the rooms refer to, a batch at a time, from one room and one document on."""
    from carnet.national.messaging import held as messaging
    from carnet.national.record import held as record

    for place, room in enumerate((record, messaging)):
        if place < first:
            continue
        last = after if place == first else _FIRST
        while batch := list(room.held_after(last, _BATCH)):
            yield place, [(each.address, each.size) for each in batch]
            last = batch[-1].address


def _problem(address: Address, size: int) -> str:
    """What is wrong with a document, or nothing."""
    digest, length = hashlib.sha256(), 0
    try:
        for piece in _store().pieces(*address):
            digest.update(piece)
            length += len(piece)
    except DocumentStoreError as error:
        return str(error)
    if digest.hexdigest() != address.sha256:
        return "the content is another than its digest says"
    return "" if length == size else f"it has {length} bytes, the database says {size}"


def _begun(path: Path) -> tuple[int, Address] | None:
    """Where a former run stopped; none when the file says something else."""
    try:
        room, patient, sha256 = path.read_text(encoding="ascii").split()
        return int(room), Address(UUID(patient), sha256)
    except FileNotFoundError:
        return 0, _FIRST
    except ValueError:
        return None


def _write_state(path: Path, room: int, address: Address) -> None:
    aside = path.with_name(f"{path.name}.new")
    aside.write_text(f"{room} {address.patient_id} {address.sha256}\n", encoding="ascii")
    aside.rename(path)
