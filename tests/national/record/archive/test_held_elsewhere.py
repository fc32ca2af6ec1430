"""A document whose bytes are not here leaves and comes as what is said of it, without a file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from carnet.national.record.archive import MANIFEST, table_file
from carnet.national.record.archive.importing import ArchiveError
from carnet.national.record.models import Document
from carnet.standards.xds import iti86
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import DocumentEntry
from tests.national import world
from tests.national.doors.soap.domain import (
    Send,
    by_uuid,
    codes_of,
    entry,
    provide,
    register,
    retrieve,
    submission,
)
from tests.national.record.archive.conftest import Elsewhere, patient
from tests.national.record.archive.test_archive import ELSEWHERE, Content, export, lines, take

pytestmark = pytest.mark.django_db

REPOSITORY = "1.2.7"


@pytest.fixture
def held_elsewhere(send: Send) -> DocumentEntry:
    """Registered by ITI-42, beside a document that is here."""
    made = entry(title="Scan", hash="a" * 40, size=4, repository_unique_id=REPOSITORY)
    assert register(send, submission(made)) == []
    assert provide(send, submission(entry(title="Note"))) == []
    return made


def read_me(content: Content) -> str:
    return content["LISEZ-MOI.txt"].decode()


@pytest.mark.parametrize("whole", [False, True])
def test_the_archive_says_which_repository_holds_it(
    held_elsewhere: DocumentEntry, whole: bool
) -> None:
    content = export(patient(), whole=whole)
    told = {each["title"]: each for each in json.loads(content[MANIFEST])["documents"]}
    assert told["Scan"] == {
        "id": held_elsewhere.id.removeprefix("urn:uuid:"),
        "title": "Scan",
        "mime_type": "text/plain",
        "size": 4,
        "sha256": "",
        "repository": REPOSITORY,
    }
    assert content[told["Note"]["file"]] == b"text"
    assert sum(name.startswith("documents/") for name in content) == 1
    assert "« Scan » est gardé par l'entrepôt 1.2.7" in read_me(content)
    assert "« Note »" not in read_me(content)


def test_it_is_imported_as_it_was(
    send: Send, held_elsewhere: DocumentEntry, elsewhere: Elsewhere
) -> None:
    assert take(elsewhere()).documents == 2
    (here,) = by_uuid(send, held_elsewhere.id)
    assert (here.repository_unique_id, here.hash, here.size) == (REPOSITORY, "a" * 40, 4)
    assert Document.objects.get(title="Scan").sha256 == ""
    (note,) = by_uuid(send, f"urn:uuid:{Document.objects.get(title='Note').id}")
    assert note.repository_unique_id == ELSEWHERE
    again = export(patient(), whole=True)
    assert "« Scan » est gardé par l'entrepôt 1.2.7" in read_me(again)


def test_what_was_removed_from_here_is_nowhere_else_either(
    send: Send, elsewhere: Elsewhere, settings: Any
) -> None:
    """ITI-86: its entry stays."""
    made = entry(title="Retirée")
    assert provide(send, submission(made)) == []
    refs = [DocumentRef(settings.CARNET_REPOSITORY_OID, made.unique_id)]
    assert codes_of(send("repository", iti86.ACTION, iti86.write(refs))[0]) == []
    content = elsewhere()
    assert "« Retirée » a été retiré" in read_me(content)
    take(content)
    (here,) = by_uuid(send, made.id)
    assert here.repository_unique_id == ELSEWHERE
    answer = retrieve(send, made.unique_id, settings)
    assert [each.code for each in answer.errors] == ["XDSDocumentUniqueIdError"]


def test_a_document_that_nobody_holds_is_refused(
    held_elsewhere: DocumentEntry, elsewhere: Elsewhere
) -> None:
    content = elsewhere()
    rows = [
        row | {"fragment": row["fragment"].replace(f">{REPOSITORY}<", "><")}
        for row in lines(content, "record_document")
    ]
    told = "\n".join(map(json.dumps, rows)).encode()
    with pytest.raises(ArchiveError, match="no repository"):
        take(content | {table_file("record_document"): told})
    assert world.rows("record_document") == 0
