"""« Mes données »: a copy of everything, for the holder alone, proved, bounded and written."""

import io
import json
from datetime import timedelta
from zipfile import ZipFile

import pytest
from django.db import connection
from django.utils import timezone

from carnet.national.accounts import actions as accounts
from carnet.national.journal import actions as journal
from carnet.national.journal.models import Trace
from carnet.national.record.archive import taking
from tests.national.doors.space.conftest import signed_in
from tests.national.doors.space.entering import proved_long_ago, text
from tests.national.doors.space.lives import LOADER, live, publish
from tests.national.doors.space.test_carers import helping
from tests.national.doors.space.test_visibility import TITLE, choose

COPY = "/compte/donnees/copie/"


def taken(client):
    """The archive that the button gives."""
    answer = client.post(COPY)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith('attachment; filename="carnet-')
    assert "no-store" in answer["Cache-Control"]
    return ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def test_the_copy_is_the_whole_record_with_its_proof(client, jeanne, now):
    publish(jeanne, now=now, title=TITLE)
    assert COPY in text(client.get("/compte/donnees/"))
    archive = taken(client)
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    assert [each["title"] for each in manifest["documents"]] == [TITLE]
    assert {"preuve.json", "acces.jsonl", "LISEZ-MOI.txt"} <= set(archive.namelist())
    assert "Vous avez demandé une copie de votre dossier." in text(client.get("/acces/"))


def test_who_proved_themselves_long_ago_proves_it_again(client, jeanne):
    proved_long_ago()
    for answer in (client.get(COPY), client.post(COPY)):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/compte/preuve/")
    assert not Trace.objects.filter(action="record.exported").exists()


def test_a_carer_takes_no_copy_whatever_their_mandate(client, jeanne, stranger):
    carer = helping(client, jeanne, stranger, "manage")
    for address in (COPY, "/compte/donnees/"):
        assert carer.get(address).status_code == 403
    assert carer.post(COPY).status_code == 403


def test_a_few_copies_a_day_are_enough(client, jeanne):
    for hours in range(taking.MOST_COPIES):
        journal.record(
            jeanne.actor,
            "record.exported",
            at=timezone.now() - timedelta(hours=hours),
            patient_id=jeanne.patient_id,
            outcome="allowed",
        )
    answer = client.post(COPY)
    assert answer.status_code == 429
    assert "Vous pourrez en demander une autre demain." in text(answer)


@pytest.mark.django_db(transaction=True)
def test_two_copies_are_not_made_at_once(client, jeanne):
    """Another session of the database holds what a copy holds."""
    import psycopg

    settings = connection.get_connection_params()
    settings = {
        key: settings[key]
        for key in ("dbname", "user", "password", "host", "port")
        if settings.get(key)
    }
    with psycopg.connect(**settings) as other:
        other.execute(taking._LOCK, [str(jeanne.patient_id)])
        answer = client.post(COPY)
    assert answer.status_code == 429
    assert "Une copie est déjà en préparation" in text(answer)


def test_the_copy_of_a_parent_says_nothing_of_what_was_hidden_from_them(jeanne, now):
    teenager = live("lea", family="DELACROIX", given="LÉA", born="20090501", now=now)
    accounts.represent(
        LOADER,
        jeanne.patient_id,
        teenager.patient_id,
        since=now,
        until=now + timedelta(days=300),
    )
    document = publish(teenager, now=now, title=TITLE)
    choose(signed_in(teenager), document, "cacher")
    parent = signed_in(jeanne)
    parent.post("/espace/", {"patient": str(teenager.patient_id)})
    archive = taken(parent)
    assert not any(TITLE.encode() in archive.read(name) for name in archive.namelist())
