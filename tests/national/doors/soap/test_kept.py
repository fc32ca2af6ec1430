"""In a sandbox each exchange is kept once it is answered, whatever became of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from carnet.national.exchanges import queries
from carnet.standards.gdp import td02
from carnet.standards.ids import Ins
from carnet.standards.xds import iti18
from carnet.standards.xds.iti18 import FindDocuments
from carnet.standards.xds.metadata import Status
from tests.national import world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import BASE, Call, as_reader
from tests.national.doors.soap.test_gdp import QUERY_ID, frame

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(settings: Any) -> None:
    settings.CARNET_EXCHANGES_HOURS = 24


def existence(ins: Ins) -> bytes:
    return td02.write_query(td02.ExistenceQuery(frame(), QUERY_ID, ins))


def test_nothing_is_kept_in_production(call: Call, trusting: Papers, ins: Ins) -> None:
    call("patients", td02.ACTION, existence(ins), **as_reader(trusting, ins))
    assert queries.lines() == []


def test_an_exchange_is_kept_with_its_bytes(
    sandbox: None, call: Call, trusting: Papers, ins: Ins
) -> None:
    payload = existence(ins)
    call("patients", td02.ACTION, payload, **as_reader(trusting, ins))
    (line,) = queries.lines()
    assert (line.service, line.action, line.status) == ("patients", td02.ACTION, 200)
    assert line.outcome == "DMPFound"
    assert world.PHYSICIAN_READER.ps_idnat in line.caller
    assert line.message_id.startswith("urn:uuid:")
    found = queries.exchange(line.id)
    assert payload in found.request
    assert b"PRPA_IN201308UV02" in found.answer


def test_the_outcome_is_the_code_that_the_answer_carries(
    sandbox: None, call: Call, trusting: Papers, person: tuple[Any, Ins]
) -> None:
    patient_id, ins = person
    search = iti18.write(FindDocuments(ins.cx, (Status.APPROVED,)))
    call("registry", iti18.ACTION, search, **as_reader(trusting, ins))
    world.authorise(patient_id)
    call("registry", iti18.ACTION, search, **as_reader(trusting, ins))
    call("registry", "urn:none", search, **as_reader(trusting, ins))
    assert [line.outcome for line in queries.lines()] == [
        "ActionNotSupported",
        "Success",
        "DMPAccessDeniedByRightsService",
    ]


@pytest.mark.parametrize("raw", [b"", b"not XML", b"<a>\xff</a>"])
def test_what_cannot_be_read_is_kept_all_the_same(
    raw: bytes, sandbox: None, call: Call, ins: Ins
) -> None:
    call("patients", "", b"", raw=raw, content_type="application/soap+xml", patient=ins)
    (line,) = queries.lines()
    assert (line.status, line.outcome) == (400, "Sender")
    assert queries.exchange(line.id).request == raw


def test_a_body_that_was_refused_unread_is_not_kept(sandbox: None, call: Call, ins: Ins) -> None:
    call("patients", td02.ACTION, existence(ins), patient=ins, certificate=None)
    (line,) = queries.lines()
    assert (line.caller, line.outcome) == ("", "DMPNoCertificate")
    assert queries.exchange(line.id).request == b""


def test_a_log_that_cannot_be_written_breaks_no_call(
    sandbox: None, call: Call, trusting: Papers, ins: Ins, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE exchanges_exchange RENAME COLUMN request TO away")
    reply = call("patients", td02.ACTION, existence(ins), **as_reader(trusting, ins))
    assert td02.read_answer(reply.envelope.payload).status == "active"
    assert "exchange_not_kept" in caplog.text


def test_no_health_content_nor_matricule_is_logged(
    sandbox: None, call: Call, trusting: Papers, ins: Ins, caplog: pytest.LogCaptureFixture
) -> None:
    call("patients", td02.ACTION, existence(ins), **as_reader(trusting, ins))
    assert ins.matricule not in caplog.text


def test_a_description_is_no_exchange(sandbox: None, client: Any) -> None:
    client.get(f"{BASE}/patients?wsdl")
    assert queries.lines() == []
