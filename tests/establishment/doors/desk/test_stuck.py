"""What is stuck for the same reason is sent again together, and its result is told."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from carnet.establishment.exchange.models import Delivery, DeliveryEvent
from tests.establishment.doors.desk.screens import text
from tests.establishment.messages import cda, document
from tests.establishment.people import QUALIFIED, adt
from tests.establishment.working import receive

pytestmark = [pytest.mark.django_db, pytest.mark.urls("carnet.ops.urls_establishment")]


@pytest.fixture
def desk(desk: Client) -> Client:
    """Three letters refused by the record, one by a mailbox."""
    receive(adt("A28", QUALIFIED))
    for number in range(1, 4):
        uid = f"1.2.250.1.999.7.9.{number}"
        receive(document(cda(uid, set_id=uid), control_id=f"D{number}", document_id=uid))
    Delivery.objects.filter(destination="record").update(state="stuck", reason="registry")
    Delivery.objects.filter(destination="professional", document__uid="1.2.250.1.999.7.9.1").update(
        state="stuck", reason="smtp"
    )
    return desk


def again(desk: Client, **said: Any) -> str:
    seen = {"seen": timezone.now().isoformat()}
    asked = {"destination": "record", "reason": "registry", **seen, **said}
    return text(desk.post(reverse("desk:stuck"), asked, follow=True))


def test_what_is_stuck_is_shown_by_reason(desk: Client) -> None:
    shown = text(desk.get(reverse("desk:stuck")))
    assert "Dossier partagé (DMP) 3" in shown
    assert "Le dossier partagé a refusé le document." in shown
    assert "Professionnel (MSSanté) 1" in shown
    assert "Relancer les 3 envois" in shown


def test_a_whole_group_is_sent_again_and_nothing_else(desk: Client) -> None:
    shown = again(desk, what="whole")
    assert "3 envois sont relancés." in shown
    assert "Ce que devient la relance À envoyer 3" in shown
    assert Delivery.objects.get(state="stuck").destination == "professional"
    assert DeliveryEvent.objects.filter(reason="retried").count() == 3


def test_what_became_stuck_after_the_page_was_shown_is_not_sent_again(desk: Client) -> None:
    shown = desk.get(reverse("desk:stuck")).context["seen"]
    late = Delivery.objects.filter(destination="record").first()
    assert late is not None
    Delivery.objects.filter(pk=late.pk).update(updated_at=timezone.now())
    assert "2 envois sont relancés." in again(desk, what="whole", seen=shown)
    assert Delivery.objects.get(pk=late.pk).state == "stuck"


@pytest.mark.parametrize("seen", ["", "hier"])
def test_a_whole_group_that_was_not_shown_is_not_sent_again(desk: Client, seen: str) -> None:
    assert "Rien n’était choisi." in again(desk, what="whole", seen=seen)
    assert not DeliveryEvent.objects.filter(reason="retried").exists()


def test_what_is_ticked_is_sent_again_and_what_cannot_be_is_said(desk: Client) -> None:
    one, other = Delivery.objects.filter(destination="record")[:2]
    Delivery.objects.filter(pk=other.pk).update(state="delivered")
    shown = again(desk, what="chosen", delivery=[one.pk, other.pk])
    assert "1 envoi est relancé." in shown
    assert "1 ne peut plus l’être" in shown
    assert Delivery.objects.get(pk=other.pk).state == "delivered"


@pytest.mark.parametrize("chosen", [[], ["nonsense"]])
def test_nothing_ticked_is_nothing_done(desk: Client, chosen: list[str]) -> None:
    assert "Rien n’était choisi." in again(desk, what="chosen", delivery=chosen)
    assert Delivery.objects.filter(state="stuck").count() == 4


def test_a_delivery_that_does_not_exist_is_said(desk: Client) -> None:
    assert "1 ne peut plus l’être" in again(desk, what="chosen", delivery=[uuid4()])


def test_the_result_is_told_as_it_goes(desk: Client) -> None:
    again(desk, what="whole")
    at = DeliveryEvent.objects.filter(reason="retried").values_list("at", flat=True)[0]
    first = Delivery.objects.filter(destination="record").first()
    assert first is not None
    Delivery.objects.filter(pk=first.pk).update(state="delivered")
    shown = text(desk.get(reverse("desk:stuck"), {"lot": at.isoformat()}))
    assert "Livré 1" in shown
    assert "À envoyer 2" in shown
    assert "Ce que devient" not in text(desk.get(reverse("desk:stuck"), {"lot": "nonsense"}))


def test_the_page_costs_the_same_for_one_or_many(
    desk: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(7):
        desk.get(reverse("desk:stuck"))
