"""The patient's wishes, told at the desk."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse

from carnet.establishment.doors.desk.pages.wishes import CHOICES, Choice
from carnet.establishment.exchange.models import Delivery, Feed
from carnet.establishment.patients import queries
from carnet.establishment.patients.models import Change, Patient
from carnet.standards.hl7v2 import er7, pam
from carnet.standards.hl7v2.messages import AdtEvent, Consultation, Feeding, Flags
from tests.establishment.country import Mail, Record
from tests.establishment.doors.desk.screens import text
from tests.establishment.messages import pdf
from tests.establishment.people import QUALIFIED, adt
from tests.establishment.working import receive, work

pytestmark = [pytest.mark.django_db, pytest.mark.urls("carnet.ops.urls_establishment")]


@pytest.fixture
def desk(desk: Client) -> Client:
    """There is a patient who said nothing."""
    receive(adt("A28", QUALIFIED))
    return desk


def known() -> UUID:
    return Patient.objects.get().id


def said(desk: Client, code: str) -> str:
    address = reverse("desk:wishes", args=[known()])
    return text(desk.post(address, {"wish": code}, follow=True))


@pytest.mark.parametrize("choice", CHOICES, ids=lambda c: c.code)
def test_each_answer_is_kept_shown_and_traced(desk: Client, choice: Choice) -> None:
    """Table ZFA of PAM.FR."""
    shown = said(desk, choice.code)
    assert "Les volontés du patient sont enregistrées." in shown
    assert str(choice.label) in shown.replace("&#x27;", "'")
    patient = queries.get(known())
    assert patient is not None
    assert (patient.feeding, patient.consultation) == (choice.feeding, choice.consultation)
    trace = Change.objects.filter(what="wishes").latest("at")
    assert trace.actor == "Claire Martin (mot de passe)"


@pytest.mark.parametrize("code", ["", "IO-IC", "nonsense"])
def test_an_answer_that_has_no_sense_is_refused(desk: Client, code: str) -> None:
    assert "Choisir une réponse." in said(desk, code)
    patient = queries.get(known())
    assert patient is not None
    assert patient.feeding is Feeding.NOT_COLLECTED


def test_an_opposition_stops_what_was_to_leave(desk: Client, record: Record, mail: Mail) -> None:
    receive(pdf(flags=Flags(to_record=True)))
    said(desk, "IO-INC")
    work()
    assert (Delivery.objects.get().state, Delivery.objects.get().reason) == ("refused", "opposed")


def test_the_applications_are_told(desk: Client, settings: Any) -> None:
    settings.CARNET_PAM_SUBSCRIBERS = {"LABO": ("127.0.0.1", 1)}
    said(desk, "INO-INC")
    event = pam.read_adt(er7.read(bytes(Feed.objects.get().raw)))
    assert isinstance(event, AdtEvent)
    assert event.wishes is not None
    assert (event.wishes.feeding, event.wishes.consultation) == (
        Feeding.NOT_OPPOSED,
        Consultation.REFUSED,
    )


def test_a_patient_who_is_unknown_has_no_page(desk: Client) -> None:
    assert desk.get(reverse("desk:wishes", args=[uuid4()])).status_code == 404
