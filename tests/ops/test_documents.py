"""The store as a whole: what the commands say, and that nothing anybody refers to is lost."""

import argparse
import os
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import django
import pytest

from carnet.national.clients.documents import Address, DocumentStore, DocumentStoreError, upkeep
from carnet.national.messaging import actions as messaging
from carnet.national.messaging.models import Message
from carnet.national.record import actions as record
from carnet.national.record.models import Document
from carnet.ops import documents, serve
from tests.national import messages, world
from tests.national.world import HOSPITAL_SYSTEM, NOW
from tests.waiting import LONG

pytestmark = pytest.mark.django_db

KEY = bytes(range(32))
NEW_KEY = bytes(range(32, 64))
PACKAGE = Path(documents.__file__).parents[1]
Run = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    made = tmp_path / "documents"
    made.mkdir()
    settings.CARNET_DOCUMENTS_URL = made
    settings.CARNET_MASTER_KEY = (KEY,)
    return made


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of the group on the settings of the tests."""
    monkeypatch.setattr(serve, "use_settings", lambda _wing: None)
    # It would log from then on to the output that this test reads, closed afterwards.
    monkeypatch.setattr(django, "setup", lambda: None)
    parser = argparse.ArgumentParser()
    documents.add_to(parser.add_subparsers())

    def run(*arguments: str) -> int:
        given = parser.parse_args(arguments)
        return int(given.run(given))

    return run


@pytest.fixture
def kept(folder: Path) -> list[Address]:
    """Two documents and a mail, referred to."""
    patient_id, ins = world.make_patient()
    for _ in range(2):
        record.publish(HOSPITAL_SYSTEM, world.request(ins), patient=ins, now=NOW)
    messaging.open_citizen_mailbox(world.TESTS, patient_id, now=NOW)
    raw = messages.message(ins)
    messaging.receive(raw, messages.WARD.address, [messages.address(ins)], peer="", now=NOW)
    found = [
        Address(patient_id, each) for each in Document.objects.values_list("sha256", flat=True)
    ]
    return [*found, Address(patient_id, Message.objects.get().raw_sha256)]


def path_of(folder: Path, address: Address) -> Path:
    return folder / address.name


def grow_old(folder: Path) -> None:
    """As if everything had lain for a long time."""
    long_ago = (datetime.now(UTC) - upkeep.GRACE - timedelta(hours=1)).timestamp()
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (long_ago, long_ago))


def test_what_is_whole_is_said_to_be(run: Run, kept: list[Address], capsys: Any) -> None:
    assert run("verify") == 0
    assert capsys.readouterr().out == "3 documents relus, 0 absents ou abîmés\n"


def test_what_is_absent_or_damaged_is_named(
    run: Run, kept: list[Address], folder: Path, capsys: Any
) -> None:
    path_of(folder, kept[0]).unlink()
    for address in kept[1:]:
        path = path_of(folder, address)
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert run("verify") == 1
    told = capsys.readouterr().out
    assert f"{kept[0].name}: the document is not in the store" in told
    assert all(f"{address.name}: the file is damaged" in told for address in kept[1:])
    assert told.endswith("3 documents relus, 3 absents ou abîmés\n")


def test_verification_goes_on_where_it_was_stopped(
    run: Run, kept: list[Address], tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    monkeypatch.setattr(documents, "_BATCH", 1)
    problem, calls = documents._problem, iter(range(9))

    def stopped(*address: Any) -> str:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return problem(*address)

    monkeypatch.setattr(documents, "_problem", stopped)
    with pytest.raises(KeyboardInterrupt):
        run("verify", "--state", str(state))
    monkeypatch.setattr(documents, "_problem", problem)
    assert run("verify", "--state", str(state)) == 0
    assert "1 documents relus" in capsys.readouterr().out
    state.write_text("nonsense")
    assert run("verify", "--state", str(state)) == 2


def test_a_new_master_key_takes_the_place_of_the_old(
    run: Run, kept: list[Address], settings: Any, capsys: Any
) -> None:
    settings.CARNET_MASTER_KEY = (NEW_KEY, KEY)
    assert run("rotate-key") == 0
    assert "3 clés de documents enveloppées, 0 l'étaient déjà" in capsys.readouterr().out
    settings.CARNET_MASTER_KEY = (NEW_KEY,)
    assert run("verify") == 0
    assert run("rotate-key") == 0
    assert "0 clés de documents enveloppées, 3 l'étaient déjà" in capsys.readouterr().out
    settings.CARNET_MASTER_KEY = (KEY,)
    assert run("rotate-key") == 1
    assert "3 documents illisibles" in capsys.readouterr().out


def test_a_collection_takes_only_what_nobody_refers_to(
    run: Run, kept: list[Address], folder: Path, capsys: Any
) -> None:
    store = DocumentStore(folder, KEY)
    orphan = Address(kept[0].patient_id, store.put(kept[0].patient_id, b"orphan").sha256)
    stranger = Address(UUID(int=7), store.put(UUID(int=7), store.get(*kept[0])).sha256)
    assert run("collect") == 0
    assert capsys.readouterr().out.startswith("0 documents mis à la corbeille")
    for told in ("2 documents mis à la corbeille", "0 documents mis à la corbeille"):
        grow_old(folder)
        assert run("collect") == 0
        assert capsys.readouterr().out.startswith(told)
    for address in (orphan, stranger):
        with pytest.raises(DocumentStoreError):
            store.get(*address)
    assert run("verify") == 0


def test_a_publication_of_what_is_in_the_trash_is_whole(
    run: Run, kept: list[Address], folder: Path
) -> None:
    """A publication failed, its bytes were judged; then it comes again."""
    _patient_id, ins = world.make_patient()
    request = world.request(ins)
    record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=NOW)
    document = Document.objects.order_by("-id").first()
    assert document is not None
    address = Address(document.patient_id, document.sha256)
    Document.objects.filter(patient_id=document.patient_id).delete()
    grow_old(folder)
    run("collect")
    assert not path_of(folder, address).exists()
    document.save(force_insert=True)  # what the publication that found them there registers
    assert run("verify") == 0
    grow_old(folder)
    run("collect")
    assert path_of(folder, address).exists()
    assert run("verify") == 0


def test_every_room_that_keeps_something_is_asked_before_anything_is_removed() -> None:
    keeping = {
        str(path.relative_to(PACKAGE).parent.parts[1])
        for path in (PACKAGE / "national").rglob("*.py")
        if "clients" not in path.parts
        and re.search(r"\b(documents|kept)\.put(_pieces)?\(", path.read_text(encoding="utf-8"))
    }
    assert keeping == {"record", "messaging"}


@pytest.mark.django_db(transaction=True)
def test_the_worker_takes_a_shard_and_stops_when_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    stop = threading.Event()

    def collect(_store: DocumentStore, shard: str, **_others: Any) -> upkeep.Collected:
        taken.append(shard)
        stop.set()
        return upkeep.Collected()

    monkeypatch.setattr(upkeep, "collect", collect)
    worker = threading.Thread(target=documents.collecting, args=(stop,))
    worker.start()
    worker.join(LONG)
    assert not worker.is_alive()
    assert len(taken) == 1
    assert taken[0] in upkeep.SHARDS
