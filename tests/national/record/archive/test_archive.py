"""A record leaves as one file, comes into another Carnet; the holder's copy hides what it must."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.db import connection

from carnet.national.journal import queries as journal
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.archive import LEFT_OUT, MANIFEST, TABLES, table_file
from carnet.national.record.archive.exporting import export_record
from carnet.national.record.archive.importing import ArchiveError, Imported, import_record
from carnet.national.record.models import Document, Record
from carnet.standards.ids import Ins
from carnet.standards.xds.iti43 import DocumentRef
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER, TESTS

pytestmark = pytest.mark.django_db

ELSEWHERE = "1.2.250.1.999.2.2.2"
Content = dict[str, bytes]


def publish(ins: Ins, *codes: str, **changes: Any) -> None:
    replaces = changes.pop("replaces", {})
    request = world.request(
        ins,
        world.letter(ins, **changes),
        confidentiality=world.visibility(*codes),
        replaces=replaces,
    )
    record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=NOW)


@pytest.fixture
def person() -> tuple[UUID, Ins]:
    """Somebody with a letter, its new version, a hidden letter, choices and an authorisation."""
    patient_id, ins = world.make_patient()
    publish(ins, title="Lettre")
    first = Document.objects.get(patient_id=patient_id)
    publish(ins, title="Lettre corrigée", replaces={"Document00": f"urn:uuid:{first.id}"})
    publish(ins, "INVISIBLE_PATIENT", title="Annonce")
    world.authorise(patient_id)
    record.set_choices(TESTS, patient_id, now=NOW, opposes_centre_15=True)
    return patient_id, ins


def export(patient_id: UUID, *, whole: bool) -> Content:
    file = io.BytesIO()
    reader = world.holder(patient_id)
    export_record(TESTS, reader, patient_id, file, now=NOW, whole=whole)
    with ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def take(content: Content) -> Imported:
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return import_record(TESTS, file, now=NOW + timedelta(days=1))


def forget(patient_id: UUID, documents: Path) -> None:
    """As if the record had never been here: another Carnet."""
    with connection.cursor() as cursor:
        for table in reversed((*TABLES, "record_reading", "record_outbox")):
            cursor.execute(f"DELETE FROM {table} WHERE patient_id = %s", [patient_id])  # noqa: S608
    for path in documents.rglob("*"):
        if path.is_file():
            path.unlink()


def lines(content: Content, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content[table_file(table)].splitlines()]


def test_a_whole_record_comes_into_another_carnet(
    person: tuple[UUID, Ins], documents: Path, settings: Any
) -> None:
    patient_id, ins = person
    before = export(patient_id, whole=True)
    ids = set(Document.objects.values_list("id", "status", "sha256"))
    forget(patient_id, documents)
    settings.CARNET_REPOSITORY_OID = ELSEWHERE
    imported = take(before)
    assert imported == Imported(patient_id, 3)
    assert set(Document.objects.values_list("id", "status", "sha256")) == ids
    assert Record.objects.get(patient_id=patient_id).opposes_centre_15
    after = export(patient_id, whole=True)
    for table in TABLES:
        kept, came = (
            sorted(json.dumps(row | {"fragment": ""}, sort_keys=True) for row in lines(each, table))
            for each in (before, after)
        )
        assert kept == came
    holder = world.holder(patient_id)
    listed = queries.list_documents(holder, patient_id)
    assert [line.title for line in listed.documents] == ["Lettre corrigée"]
    content = queries.content(holder, patient_id, listed.documents[0].id, now=NOW)
    assert content.data in before.values()
    ref = DocumentRef(ELSEWHERE, Document.objects.get(id=listed.documents[0].id).unique_id)
    retrieved, errors = record.retrieve(PHYSICIAN_READER, [ref], patient=ins, now=NOW)
    assert [each.data for each in retrieved] == [content.data]
    assert not errors


def test_the_copy_of_the_holder_says_nothing_of_what_they_must_not_know_yet(
    person: tuple[UUID, Ins],
) -> None:
    patient_id, _ins = person
    content = export(patient_id, whole=False)
    manifest = json.loads(content[MANIFEST])
    assert {each["title"] for each in manifest["documents"]} == {"Lettre", "Lettre corrigée"}
    hidden = Document.objects.get(title="Annonce")
    for data in content.values():
        for secret in ("Annonce", str(hidden.id), hidden.sha256, hidden.unique_id):
            assert secret.encode() not in data
        assert str(hidden.submission_set_id).encode() not in data
    assert any(b"Annonce" in data for data in export(patient_id, whole=True).values())


def test_the_copy_is_itself_a_record_that_can_be_taken(
    person: tuple[UUID, Ins], documents: Path
) -> None:
    patient_id, _ins = person
    content = export(patient_id, whole=False)
    forget(patient_id, documents)
    assert take(content).documents == 2


def test_the_copy_tells_the_history_in_sentences(person: tuple[UUID, Ins]) -> None:
    patient_id, _ins = person
    told = [
        json.loads(line) for line in export(patient_id, whole=False)["acces.jsonl"].splitlines()
    ]
    assert "CH de l'Exemple a déposé le document « Lettre »." in {each["sentence"] for each in told}
    acts = [line.action for line in journal.history(world.holder(patient_id), patient_id)]
    assert acts.count("record.exported") == 1


def test_a_person_who_is_unknown_is_registered(person: tuple[UUID, Ins], documents: Path) -> None:
    patient_id, _ins = person
    content = export(patient_id, whole=True)
    forget(patient_id, documents)
    manifest = json.loads(content[MANIFEST])
    other = world.new_ins()
    manifest["person"]["matricule"] = other.matricule
    imported = take(content | {MANIFEST: json.dumps(manifest).encode()})
    assert imported.patient_id != patient_id
    assert {row.patient_id for row in Document.objects.all()} == {imported.patient_id}


def test_nobody_gets_the_copy_of_another(person: tuple[UUID, Ins]) -> None:
    with pytest.raises(PermissionError):
        export_record(TESTS, world.holder(uuid4()), person[0], io.BytesIO(), now=NOW)


def _without(name: str) -> Callable[[Content], Content]:
    return lambda content: {key: data for key, data in content.items() if key != name}


def _document(content: Content) -> str:
    return next(name for name in content if name.startswith("documents/"))


def _column(content: Content) -> Content:
    rows = [row | {"column_of_tomorrow": 1} for row in lines(content, "record_record")]
    return content | {table_file("record_record"): json.dumps(rows[0]).encode()}


def _longer(content: Content) -> Content:
    return content | {_document(content): content[_document(content)] + b" "}


def _other(content: Content) -> Content:
    data = content[_document(content)]
    return content | {_document(content): bytes([data[0] ^ 1]) + data[1:]}


def _person(content: Content) -> Content:
    manifest = json.loads(content[MANIFEST])
    manifest["person"]["matricule"] = "nobody"
    return content | {MANIFEST: json.dumps(manifest).encode()}


def _said(name: str, value: object) -> Callable[[Content], Content]:
    """The manifest says this."""

    def change(content: Content) -> Content:
        manifest = json.loads(content[MANIFEST]) | {name: value}
        return content | {MANIFEST: json.dumps(manifest).encode()}

    return change


def _lot(content: Content) -> Content:
    return content | {table_file("record_submissionset"): b""}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_without(MANIFEST), "not an archive"),
        (lambda content: content | {MANIFEST: b"{}"}, "not an archive"),
        (lambda content: content | {MANIFEST: b'{"format": "other"}'}, "another form"),
        (lambda content: content | {table_file("record_document"): b"]["}, "not an archive"),
        (lambda content: content | {table_file("record_record"): b""}, "one record"),
        (_column, "another version"),
        (_longer, "not as long"),
        (_other, "not the one"),
        (_person, "not identified"),
        (_said("register", "elsewhere\x00"), "register is no OID"),
        (_said("person", "nobody"), "person is missing, or of another type"),
        (_said("documents", [{"file": "a"}]), "sha256 is missing"),
        (_said("documents", []), "a document is missing"),
        (lambda content: _without(_document(content))(content), "a document is missing"),
        (_lot, "contradicts itself"),
    ],
)
def test_a_bad_archive_is_refused_whole(
    person: tuple[UUID, Ins], documents: Path, change: Callable[[Content], Content], why: str
) -> None:
    patient_id, _ins = person
    content = export(patient_id, whole=True)
    forget(patient_id, documents)
    with pytest.raises(ArchiveError, match=why):
        take(change(content))
    assert not Record.objects.filter(patient_id=patient_id).exists()
    assert world.rows("record_document") == 0


def test_a_fault_of_ours_is_not_told_as_one_of_the_archive(
    person: tuple[UUID, Ins], documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient_id, _ins = person
    content = export(patient_id, whole=True)
    forget(patient_id, documents)

    def forgetful(*_arguments: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr("carnet.national.record.finding.reading.ask", forgetful)
    with pytest.raises(KeyError, match="ours"):
        take(content)
    assert not Record.objects.filter(patient_id=patient_id).exists()


def test_what_is_no_zip_is_refused() -> None:
    with pytest.raises(ArchiveError, match="not an archive"):
        import_record(TESTS, io.BytesIO(b"nothing"), now=NOW)


def test_a_record_that_is_here_is_never_overwritten(person: tuple[UUID, Ins]) -> None:
    content = export(person[0], whole=True)
    with pytest.raises(ArchiveError, match="already has a record"):
        take(content)
    manifest = json.loads(content[MANIFEST])
    manifest["person"]["matricule"] = world.new_ins().matricule
    with pytest.raises(ArchiveError, match="already here"):
        take(content | {MANIFEST: json.dumps(manifest).encode()})
    assert world.rows("record_record") == 1


def test_every_table_of_the_room_is_in_the_archive_or_left_out_on_purpose() -> None:
    every = {model._meta.db_table for model in apps.get_app_config("record").get_models()}
    assert every == set(TABLES) | LEFT_OUT
    assert not set(TABLES) & LEFT_OUT
