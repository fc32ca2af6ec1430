"""Nobody changes what is somebody else's, whatever they link or name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from django.db import connection

from carnet.standards.ids import EntryUuid
from carnet.standards.xds import iti41, iti57
from carnet.standards.xds.iti57 import Operation, StatusUpdate, UpdateRequest
from carnet.standards.xds.metadata import Association, AssociationType, Status
from tests.national import world
from tests.national.leaks.askers import Software
from tests.national.leaks.cast import UUIDS, Land, others
from tests.national.leaks.crowd import Audience, Person

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("leaks")]


@pytest.fixture
def untouched(land: Land) -> Callable[[list[Person]], None]:
    """Check that nothing of these people has changed, whatever table it is in."""
    watched = ("record_", "messaging_", "accounts_", "identity_")
    but = ("record_outbox", "record_firstaccess", "accounts_notification", "record_reading")

    def picture() -> dict[tuple[str, str], str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND column_name = 'patient_id'"
            )
            tables = [name for (name,) in cursor.fetchall()]
            seen = {}
            for table in tables:
                if table.startswith(watched) and table not in but:
                    cursor.execute(
                        "SELECT patient_id::text, md5(string_agg(line::text, '' ORDER BY"  # noqa: S608 - our own names
                        f" line::text)) FROM {table} AS line GROUP BY 1"
                    )
                    seen |= {(table, patient): digest for patient, digest in cursor.fetchall()}
            return seen

    before = picture()

    def check(people: list[Person]) -> None:
        names = {str(each.patient_id) for each in people}
        after = picture()
        changed = {
            key
            for key in before.keys() | after.keys()
            if key[1] in names and before.get(key) != after.get(key)
        }
        assert not changed

    return check


def changes(whom: Person, ids: list[str]) -> Iterator[Operation]:
    for each in ids:
        for new in (Status.DEPRECATED, Status.DELETED, Status.ARCHIVED):
            yield StatusUpdate(EntryUuid.of(UUID(each)), Status.APPROVED, new)


def test_nothing_of_another_is_changed(
    land: Land, software: Software, untouched: Callable[[list[Person]], None]
) -> None:
    strangers = others(land, software)
    for whom in strangers:
        lot = land.crowd.lot(software.about, Audience.EVERYBODY).submission.submission_set
        ids = land.judge.register.of(whom, like=UUIDS)[:8]
        for operation in changes(whom, ids):
            lot = replace(lot, unique_id=world.new_oid())
            payload = iti57.write_update(UpdateRequest(lot, (operation,)))
            answer = software.soap("registry", iti57.ACTION, payload)
            land.judge.look(software, "ITI-57", payload.decode(), answer)
        for kind in (
            AssociationType.RPLC,
            AssociationType.APND,
            AssociationType.XFRM,
            AssociationType.HAS_MEMBER,
        ):
            for each in ids:
                request = linked(land, software.about, kind, each)
                payload, attachments = iti41.write(request)
                answer = software.soap("repository", iti41.ACTION, payload, attachments)
                land.judge.look(software, "ITI-41", payload.decode(), answer)
        for body in (
            [{"op": "replace", "path": "/status", "value": "entered-in-error"}],
            [{"op": "replace", "path": "/status", "value": "superseded"}],
        ):
            for each in ids:
                answer = software.fhir(
                    "PATCH",
                    f"/DocumentReference/{each}",
                    json.dumps(body).encode(),
                    "application/json-patch+json",
                )
                land.judge.look(software, "PATCH", each, answer)
    untouched(strangers)


def linked(land: Land, about: Person, kind: AssociationType, target: str) -> iti41.ProvideRequest:
    """A new document of one's patient, linked to what is another's."""
    request = land.crowd.lot(about, Audience.EVERYBODY)
    (document,) = request.submission.documents
    source = (
        request.submission.submission_set.id if kind is AssociationType.HAS_MEMBER else document.id
    )
    link = Association(kind, source, EntryUuid.of(UUID(target)), "link")
    associations = (*request.submission.associations, link)
    return replace(request, submission=replace(request.submission, associations=associations))
