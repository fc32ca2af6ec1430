"""Whatever archive is given: it is taken whole, or refused in words and nothing of it is here."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from uuid import UUID
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest
from django.db import connection

from carnet.national.record.archive import MANIFEST, TABLES, contents, table_file
from carnet.national.record.archive.importing import ArchiveError, import_record
from carnet.standards.ids import Ins
from tests.fuzz.driving import spoilt
from tests.fuzz.mutations import any_of, spoil_bytes, spoil_json, spoil_zip
from tests.national import world
from tests.national.record.archive.test_archive import Content, export, forget, publish
from tests.national.world import NOW, TESTS

pytestmark = pytest.mark.django_db


def zipped(content: Content, method: int = ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.fixture
def content(documents: Path) -> Content:
    """The archive of a record that is here no more."""
    patient_id, ins = world.make_patient()
    publish(ins, title="Lettre")
    found = export(patient_id, whole=True)
    forget(patient_id, documents)
    return found


def rows() -> dict[str, int]:
    names = (*TABLES, "record_reading", "identity_person", "journal_trace")
    return {name: world.rows(name) for name in names}


def refused(data: bytes) -> bool:
    before = rows()
    try:
        import_record(TESTS, io.BytesIO(data), now=NOW)
    except ArchiveError:
        assert rows() == before
        return True
    with connection.cursor() as cursor:  # taken: it goes again, so that the next one may come
        for table in reversed((*TABLES, "record_reading", "record_outbox")):
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - ours
    return False


def test_any_archive_is_taken_whole_or_refused(content: Content) -> None:
    good = zipped(content)
    for data in spoilt("archive", [good], any_of(spoil_zip, spoil_bytes)):
        refused(data)
    assert not refused(good)


def test_any_line_of_a_table_is_taken_or_refused(content: Content) -> None:
    chance = random.Random(1)
    names = [MANIFEST, *(table_file(each) for each in TABLES if content[table_file(each)])]
    for _ in range(60):
        name = chance.choice(names)
        lines = content[name].splitlines() if name != MANIFEST else [content[name]]
        at = chance.randrange(len(lines))
        lines[at] = chance.choice((spoil_json, spoil_bytes))(lines[at], chance)
        refused(zipped({**content, name: b"\n".join(lines)}))
    assert not refused(zipped(content))


@pytest.mark.parametrize(
    "fragment",
    ["", "<a", "<a/><b/>", "<a/>", "</x><x>", "<!DOCTYPE a><a/>", 1, None, ["<a/>"], "\ud800"],
)
@pytest.mark.parametrize("table", ["record_document", "record_association"])
def test_a_fragment_that_is_no_entry_never_enters_the_answers(
    content: Content, table: str, fragment: object
) -> None:
    name = table_file(table)
    lines = [json.loads(line) | {"fragment": fragment} for line in content[name].splitlines()]
    told = b"\n".join(json.dumps(line).encode() for line in lines)
    if table == "record_document" or fragment not in ("", "<a/>"):
        assert refused(zipped({**content, name: told}))


@pytest.mark.parametrize("name", [MANIFEST, table_file("record_document")])
def test_a_file_that_bursts_is_refused_before_it_fills_the_memory(
    content: Content, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "_LONGEST", 100_000)
    with pytest.raises(ArchiveError, match="exceeds 100000 bytes"):
        import_record(TESTS, io.BytesIO(zipped({**content, name: bytes(10_000_000)})), now=NOW)


@pytest.mark.parametrize("data", [b"[" * 100_000, b"1", b"[]", b"null", b"NaN", b'"x"', b"\xff"])
@pytest.mark.parametrize("name", [MANIFEST, table_file("record_record")])
def test_a_file_that_holds_no_object_is_refused(content: Content, name: str, data: bytes) -> None:
    assert refused(zipped({**content, name: data}))


def test_nothing_of_the_person_is_in_the_words_of_a_refusal(content: Content) -> None:
    manifest = json.loads(content[MANIFEST])
    ins = Ins(manifest["person"]["matricule"], manifest["person"]["oid"])
    manifest["person"]["sex"] = ins.matricule
    with pytest.raises(ArchiveError) as error:
        import_record(
            TESTS,
            io.BytesIO(zipped({**content, MANIFEST: json.dumps(manifest).encode()})),
            now=NOW,
        )
    assert ins.matricule not in str(error.value)


def test_ids_of_the_archive_are_not_trusted_to_be_ids(content: Content) -> None:
    name = table_file("record_document")
    for id_ in ("x", 1, None, str(UUID(int=0)) + "'; --"):
        lines = [json.loads(line) | {"id": id_} for line in content[name].splitlines()]
        told = b"\n".join(json.dumps(line).encode() for line in lines)
        assert refused(zipped({**content, name: told}))


def edited(content: Content, table: str, **columns: object) -> bytes:
    """The archive whose lines of a table say this."""
    name = table_file(table)
    lines = [json.dumps(json.loads(line) | columns).encode() for line in content[name].splitlines()]
    assert lines
    return zipped({**content, name: b"\n".join(lines)})


@pytest.mark.parametrize("method", [ZIP_LZMA, ZIP_BZIP2])
def test_a_compression_that_could_need_any_memory_is_refused(content: Content, method: int) -> None:
    data = zipped(content, method)
    at = data.index(MANIFEST.encode()) + len(MANIFEST) + 20
    assert refused(data)
    assert refused(data[:at] + bytes(40) + data[at + 40 :])


def test_a_file_said_to_be_beyond_the_end_of_the_archive_is_refused(content: Content) -> None:
    """The place of a file in the archive (PKWARE APPNOTE 4.4.16): any number of eight bytes."""
    data = zipped({name: each for name, each in content.items() if name == MANIFEST})
    head = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    name = head + 46 + len(MANIFEST)
    far = b"\x01\x00\x08\x00" + b"\xff" * 8
    directory = bytearray(data[head:name] + far + data[name:end])
    directory[30:32] = len(far).to_bytes(2, "little")
    directory[42:46] = b"\xff" * 4
    tail = bytearray(data[end:])
    tail[12:16] = len(directory).to_bytes(4, "little")
    assert refused(data[:head] + directory + tail)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("record_document", "status"),
        ("record_submissionset", "status"),
        ("record_association", "status"),
        ("record_association", "type"),
    ],
)
@pytest.mark.parametrize("said", ["", "Approved by nobody", ["APPROVED"], 1, None])
def test_a_word_that_no_reader_knows_is_refused(
    content: Content, table: str, column: str, said: object
) -> None:
    assert refused(edited(content, table, **{column: said}))


@pytest.mark.parametrize("fragment", [0, False, [], {}])
def test_metadata_that_are_no_text_are_refused(content: Content, fragment: object) -> None:
    assert refused(edited(content, "record_association", fragment=fragment))


@pytest.mark.parametrize("table", ["record_submissionset", "record_document", "record_locator"])
def test_a_text_that_no_index_can_hold_is_refused(content: Content, table: str) -> None:
    letters = "".join(random.Random(2).choices("0123456789abcdefghijklmnopqrstuvwxyz", k=20_000))
    assert refused(edited(content, table, unique_id=letters))
