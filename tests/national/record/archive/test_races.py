"""Two archives come at once: what both hold is here once, and the other is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection

from carnet.national.record.archive import MANIFEST, table_file
from carnet.national.record.archive.importing import ArchiveError
from tests.national import world
from tests.national.record.archive.test_archive import Content, export, forget, publish, take
from tests.waiting import LONG

pytestmark = pytest.mark.django_db(transaction=True)

HAS_ONE = "this person already has a record here"
Take = Callable[[list[Content]], list[str]]


@pytest.fixture
def at_once() -> Take:
    """Take archives in threads that start together; what became of each."""

    def at_once(archives: list[Content]) -> list[str]:
        barrier = Barrier(len(archives))

        def run(content: Content) -> str:
            try:
                connection.ensure_connection()
                barrier.wait(LONG)
                take(content)
            except ArchiveError as refusal:
                return str(refusal)
            else:
                return "taken"
            finally:
                connection.close()

        with ThreadPoolExecutor(len(archives)) as threads:
            return sorted(threads.map(run, archives))

    return at_once


def archive(documents: Path, *, letters: int = 2) -> Content:
    """The archive of a record that is here no more."""
    patient_id, ins = world.make_patient()
    for place in range(letters):
        publish(ins, title=f"Lettre {place}")
    found = export(patient_id, whole=True)
    forget(patient_id, documents)
    return found


def of_somebody_unknown(content: Content) -> Content:
    manifest = json.loads(content[MANIFEST])
    manifest["person"]["matricule"] = world.new_ins().matricule
    return content | {MANIFEST: json.dumps(manifest).encode()}


def in_another_order(content: Content) -> Content:
    """The same lines of the ids that nobody else may have, the last first."""
    name = table_file("record_locator")
    return content | {name: b"\n".join(reversed(content[name].splitlines()))}


def here() -> dict[str, int]:
    names = ("record_record", "record_document", "record_submissionset", "record_locator")
    imported = "journal_trace WHERE action = 'record.imported'"
    return {name: world.rows(name) for name in (*names, "identity_person", imported)}


def test_one_person_who_is_unknown_is_taken_once(at_once: Take, documents: Path) -> None:
    content = of_somebody_unknown(archive(documents))
    before = here()
    assert at_once([content] * 4) == ["taken"] + [HAS_ONE] * 3
    after = here()
    assert after["identity_person"] == before["identity_person"] + 1
    assert (after["record_record"], after["record_document"]) == (1, 2)


def test_two_archives_of_one_person_make_one_record(at_once: Take, documents: Path) -> None:
    one, other = archive(documents), archive(documents, letters=3)
    person = json.loads(one[MANIFEST])["person"]
    manifest = json.loads(other[MANIFEST]) | {"person": person}
    assert at_once([one, other | {MANIFEST: json.dumps(manifest).encode()}]) == ["taken", HAS_ONE]


@pytest.mark.parametrize("turned", [False, True])
def test_two_people_never_have_the_same_documents(
    at_once: Take, documents: Path, turned: bool
) -> None:
    content = archive(documents, letters=30)
    other = in_another_order(content) if turned else content
    taken, refusal = at_once([of_somebody_unknown(content), of_somebody_unknown(other)])
    assert taken == "taken"
    assert refusal.endswith("a document of it is already here")
    assert (world.rows("record_record"), world.rows("record_document")) == (1, 30)
