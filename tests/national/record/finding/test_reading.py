"""Documents enter the index after they are registered, follow what happens to them, and leave."""

import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from psycopg.pq import TransactionStatus

from carnet.national.clients.texts import Reader, ReadText
from carnet.national.record import tasks
from carnet.national.record.finding import folding, indexing, reading, vocabulary
from carnet.national.record.fragments import pack, unpack
from carnet.national.record.models import Document, Indexed, Reading, Text, Vocabulary
from tests import waiting
from tests.national import world
from tests.national.record.finding.conftest import Owner
from tests.national.record.finding.letters import publish
from tests.national.world import NOW

LATER = NOW + timedelta(days=3650)
LONG = (
    "Compte rendu de la consultation du 12 mars 2024 pour une entorse de la cheville droite. " * 5
)


def statuses(owner: Any, document: object, status: str) -> None:
    """What ITI-57 does to the line of a document."""
    Document.objects.filter(patient_id=owner.patient_id, id=document).update(status=status)


def test_publishing_asks_for_a_reading_and_reading_makes_it_found(owner, read):
    document = publish(owner.ins, "Une entorse.")
    assert tasks.drain(now=NOW) == 1
    assert Reading.objects.filter(document_id=document).exists()
    assert owner.find("entorse").total == 0
    assert owner.find("entorse").unread == 1
    read()
    assert owner.find("entorse").total == 1
    assert owner.find("entorse").unread == 0
    assert not Reading.objects.exists()


def test_a_document_not_yet_for_the_patient_is_read_too(owner, read):
    publish(owner.ins, "Une entorse.", confidentiality=world.visibility("INVISIBLE_PATIENT"))
    read()
    assert Indexed.objects.count() == 1
    assert owner.find("entorse").total == 0


def test_reading_twice_changes_nothing(owner, read):
    document = publish(owner.ins, "Une entorse.")
    read()
    before = (list(Indexed.objects.values()), list(Text.objects.values()))
    for _time in range(3):
        reading.ask(owner.patient_id, document)
    assert read() == 1
    assert (list(Indexed.objects.values()), list(Text.objects.values())) == before


@pytest.mark.parametrize("status", ["DELETED", "DEPRECATED"])
def test_a_document_that_leaves_takes_its_words_with_it(owner, read, status):
    kept = publish(owner.ins, "Une entorse.", title="Reste")
    gone = publish(owner.ins, "Une entorse et une zygomatite.", title="Part")
    read()
    statuses(owner, gone, status)
    assert owner.titles("entorse") == ["Reste"]
    read()
    assert [line.id for line in Indexed.objects.all()] == [kept]
    assert Text.objects.count() == 1
    assert "zygomatite" not in Vocabulary.objects.get().plain
    assert "entorse" in Vocabulary.objects.get().plain


def test_a_document_that_comes_back_is_found_again(owner, read):
    document = publish(owner.ins, "Une entorse.")
    read()
    statuses(owner, document, "DEPRECATED")
    read()
    statuses(owner, document, "APPROVED")
    read()
    assert owner.find("entorse").total == 1


def test_an_archived_document_is_found(owner, read):
    document = publish(owner.ins, "Une entorse.")
    statuses(owner, document, "ARCHIVED")
    read()
    assert owner.find("entorse").total == 1


def test_new_metadata_are_found_and_old_ones_are_not(owner, read):
    document = publish(owner.ins, "Une entorse.", title="Ancienne")
    read()
    line = Document.objects.get(patient_id=owner.patient_id, id=document)
    fragment = unpack(line.fragment, line.status).decode().replace("Ancienne", "Nouvelle")
    Document.objects.filter(patient_id=owner.patient_id, id=document).update(
        title="Nouvelle", fragment=pack(fragment)
    )
    read()
    assert owner.titles("nouvelle") == ["Nouvelle"]
    assert owner.find("ancienne").total == 0
    assert owner.find("entorse").total == 1


def test_a_new_version_of_an_entry_takes_the_place_of_the_old_one(owner, read):
    document = publish(owner.ins, "Une entorse.")
    read()
    statuses(owner, document, "DEPRECATED")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO record_document SELECT line.* FROM record_document old,"
            " LATERAL jsonb_populate_record(old, jsonb_build_object('id', gen_random_uuid(),"
            " 'version', 2, 'status', 'APPROVED')) line WHERE old.id = %s",
            [document],
        )
    read()
    (result,) = owner.find("entorse").results
    assert result.document.id != document
    assert Text.objects.count() == 1


def test_opening_a_document_asks_for_nothing(owner, read):
    document = publish(owner.ins, "Une entorse.")
    read()
    Document.objects.filter(patient_id=owner.patient_id, id=document).update(opened_at=NOW)
    assert not Reading.objects.exists()


def test_the_same_letter_sent_twice_is_shown_once_the_newest_first(owner, read):
    old = publish(owner.ins, LONG, days=9)
    new = publish(owner.ins, LONG, days=2)
    read()
    (result,) = owner.find("entorse").results
    assert result.document.id == new
    assert [copy.id for copy in result.copies] == [old]


def test_a_letter_sent_again_with_a_word_changed_is_a_copy(owner, read):
    publish(owner.ins, LONG * 3 + " Bonne journée.")
    publish(owner.ins, LONG * 3 + " Bonne soirée.", days=2)
    read()
    assert owner.find("entorse").total == 1


def test_two_blood_tests_that_differ_by_a_figure_are_two(owner, read):
    form = "Biologie médicale, résultats du laboratoire : sodium, potassium, créatinine. " * 8
    publish(owner.ins, form + "Glycémie 1,05 g/L.")
    publish(owner.ins, form + "Glycémie 1,32 g/L.")
    read()
    assert owner.find("glycémie").total == 2


def test_a_copy_that_the_reader_may_not_open_is_not_counted(owner, read):
    publish(owner.ins, LONG, confidentiality=world.visibility("INVISIBLE_PATIENT"))
    shown = publish(owner.ins, LONG, days=5)
    read()
    (result,) = owner.find("entorse").results
    assert (result.document.id, result.copies) == (shown, ())


def test_short_texts_are_copies_on_one_day_only():
    words = ["ecg", "normal"]
    assert folding.likeness(words, "a") == folding.likeness(words, "b")
    assert folding.likeness(words, "a") != folding.likeness([*words, "12"], "a")
    assert folding.likeness([], "a") != folding.likeness([], "b")


def test_a_letter_that_kills_its_reader_is_found_by_its_title(owner, monkeypatch):
    publish(owner.ins, "Une entorse.", title="Lettre hostile")
    tasks.drain(now=NOW)
    with Reader(seconds=0.0) as hurried:
        assert reading.read_next(hurried, now=LATER)
    assert owner.titles("hostile") == ["Lettre hostile"]
    assert Text.objects.get().state == "died"
    assert not Reading.objects.exists()


def test_a_document_that_the_store_does_not_give_is_tried_again(owner, read, reader, documents):
    publish(owner.ins, "Une entorse.")
    tasks.drain(now=NOW)
    line = Document.objects.get(patient_id=owner.patient_id)
    (file,) = [path for path in documents.rglob("*") if path.name == line.sha256]
    aside = file.rename(file.with_suffix(".aside"))
    assert reading.read_next(reader, now=LATER)
    waiting = Reading.objects.get()
    assert (waiting.attempts, waiting.problem) == (1, "DocumentStoreError")
    assert not reading.read_next(reader, now=LATER)
    aside.rename(file)
    assert reading.read_next(reader, now=LATER + timedelta(hours=2))
    assert owner.find("entorse").total == 1


def test_what_a_killed_worker_was_reading_is_read_when_its_time_is_over(owner, reader, monkeypatch):
    publish(owner.ins, "Une entorse.")
    tasks.drain(now=NOW)
    again = LATER + timedelta(seconds=reader.longest + 60)
    with monkeypatch.context() as killed:
        killed.setattr(Reader, "read", lambda *_: sys.exit("killed"))
        for now in (LATER, again):
            with pytest.raises(SystemExit):
                reading.read_next(reader, now=now)
            assert not reading.read_next(reader, now=now + timedelta(seconds=reader.longest))
    assert not reading.read_next(reader, now=again + reading.RETRIES[0])
    assert Reading.objects.get().attempts == 2
    assert reading.read_next(reader, now=again + reading.RETRIES[1])
    assert owner.find("entorse").total == 1
    assert not Reading.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_transaction_lasts_as_long_as_a_reading(reader, monkeypatch, documents):
    owner = Owner(*world.make_patient())
    publish(owner.ins, "Une entorse.")
    tasks.drain(now=NOW)
    reads = Reader.read

    def looking(*of: Any) -> ReadText:
        assert connection.connection.info.transaction_status is TransactionStatus.IDLE
        return reads(*of)

    monkeypatch.setattr(Reader, "read", looking)
    assert reading.read_next(reader, now=LATER)
    assert owner.find("entorse").total == 1


def test_reindex_reads_what_is_not_read_and_can_be_run_again(owner, read):
    for number in range(3):
        publish(owner.ins, f"Une entorse {number}.", days=number)
    progress = reading.Progress()
    run = reading.reindex(progress)
    next(run)
    run.close()
    assert len(list(reading.reindex(progress))) == 2
    assert progress == reading.Progress(read=3)
    assert owner.find("entorse").total == 3
    assert list(reading.reindex(progress)) == []
    assert len(list(reading.reindex(progress, everything=True))) == 3
    other, _ins = world.make_patient()
    assert list(reading.reindex(progress, everything=True, patient_id=other)) == []


def test_the_vocabulary_holds_words_as_they_are_written(owner, read):
    publish(owner.ins, "Échographie du FOIE, le 12/03/2024.")
    read()
    written = vocabulary.written(owner.patient_id)
    assert written["echographie"] == "échographie"
    assert written["foie"] == "foie"
    assert "2024" not in written
    assert vocabulary.completed(owner.patient_id, "echog") == ("echographie",)
    assert vocabulary.completed(owner.patient_id, "zzz") == ()


def test_a_text_that_leaves_with_another_document_meanwhile_is_read_again(owner, read, monkeypatch):
    first, second = (publish(owner.ins, "Une entorse.") for _ in range(2))
    read()
    reading.ask(owner.patient_id, second)

    def lock_after_another_worker(patient_id):
        monkeypatch.undo()
        indexing.lock(patient_id)
        Text.objects.all().delete()

    monkeypatch.setattr(indexing, "lock", lock_after_another_worker)
    with Reader() as reader:
        assert reading.read_next(reader, now=LATER)
        assert Reading.objects.get().problem == "LookupError"
        assert reading.read_next(reader, now=LATER + reading.RETRIES[0])
    assert not Reading.objects.exists()
    assert Indexed.objects.filter(id__in=[first, second]).count() == 2


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=reading.run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join(waiting.LONG)
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_the_worker_reads_until_it_is_told_to_stop(worker: None) -> None:
    patient_id, ins = world.make_patient()
    publish(ins, "Une entorse.")
    tasks.drain(now=NOW)
    waiting.until(Indexed.objects.filter(patient_id=patient_id).exists)
