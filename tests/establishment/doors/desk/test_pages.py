"""The pages of the desk: who may come, what they say, and what they cost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from carnet.establishment.doors.desk import urls
from carnet.establishment.exchange import actions
from carnet.establishment.exchange.configuration import configuration
from carnet.establishment.exchange.models import (
    Circuit,
    Delivery,
    DeliveryEvent,
    Document,
    Inbound,
    Opening,
)
from carnet.establishment.patients import operators
from tests.establishment.country import Papers
from tests.establishment.doors.desk.screens import PASSWORD, text
from tests.establishment.messages import DOCTOR, cda, document, wire
from tests.establishment.people import INS, NOW, OTHER_INS, QUALIFIED, adt, ipp

pytestmark = [pytest.mark.django_db, pytest.mark.urls("carnet.ops.urls_establishment")]


def send(*events: Any) -> None:
    for event in events:
        actions.receive("test", wire(event), now=NOW)


def letters(count: int) -> None:
    send(adt("A28", QUALIFIED))
    for number in range(1, count + 1):
        uid = f"1.2.250.1.999.7.9.{number}"
        send(document(cda(uid, set_id=uid), control_id=f"D{number}", document_id=uid))


@pytest.mark.parametrize("pattern", urls.urlpatterns, ids=lambda p: p.name)
def test_every_page_but_the_sign_in_asks_who_comes(client: Client, pattern: Any) -> None:
    """EX_GEN-1560."""
    arguments = [uuid4() for _ in pattern.pattern.converters]
    address = reverse(f"desk:{pattern.name}", args=arguments)
    response = client.get(address)
    if pattern.callback.access == "operator":
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("desk:sign-in"))
    else:
        assert pattern.name in {
            "sign-in",
            "sign-out",
            "code",
            "telephone",
            "prosante",
            "prosante-back",
            "situation",
            "prosante-ended",
        }


def test_the_desk_is_at_the_root() -> None:
    assert get_resolver("carnet.ops.urls_establishment")


def test_a_wrong_password_is_refused(client: Client) -> None:
    operators.create("claire", "Claire Martin", PASSWORD)
    response = client.post(reverse("desk:sign-in"), {"login": "claire", "password": "faux"})
    assert response.status_code == 403
    assert "n’est pas le bon" in text(response)


def test_five_wrong_passwords_rest_the_account(client: Client) -> None:
    operators.create("claire", "Claire Martin", PASSWORD)
    for _ in range(5):
        client.post(reverse("desk:sign-in"), {"login": "claire", "password": "faux"})
    response = client.post(reverse("desk:sign-in"), {"login": "claire", "password": PASSWORD})
    assert response.status_code == 403


def test_the_way_back_after_sign_in_stays_here(client: Client) -> None:
    operators.create("claire", "Claire Martin", PASSWORD)
    response = client.post(
        reverse("desk:sign-in"),
        {"login": "claire", "password": PASSWORD, "next": "https://elsewhere.example/"},
    )
    assert response["Location"] == reverse("desk:flow")


def test_a_new_password_ends_the_sessions(desk: Client) -> None:
    operators.create("claire", "Claire Martin", "un autre mot de passe")
    assert desk.get(reverse("desk:flow")).status_code == 302


def test_leaving_ends_the_session(desk: Client) -> None:
    desk.post(reverse("desk:sign-out"))
    assert desk.get(reverse("desk:flow")).status_code == 302


def test_the_flow_shows_what_came_and_where_it_went(desk: Client) -> None:
    letters(1)
    shown = text(desk.get(reverse("desk:flow")))
    assert "Lettre de liaison à la sortie" in shown
    assert "CARRIERE LOUISE" in shown
    assert "À envoyer" in shown


@pytest.mark.parametrize("count", [1, 12])
def test_the_flow_costs_the_same_for_one_message_or_twelve(
    desk: Client, count: int, django_assert_num_queries: Any
) -> None:
    letters(count)
    with django_assert_num_queries(6):
        desk.get(reverse("desk:flow"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=IPP1", True),
        ("q=carr", True),
        ("q=D1", True),
        ("q=nobody", False),
        ("etat=envoi", True),
        ("etat=bloques", False),
        ("etat=rejetes", False),
        ("etat=unknown", True),
        ("avant=nonsense", True),
        ("avant=2020-01-01T00:00:00%2B00:00", False),
    ],
)
def test_the_flow_is_filtered_and_searched(desk: Client, query: str, found: bool) -> None:
    letters(1)
    shown = text(desk.get(f"{reverse('desk:flow')}?{query}"))
    assert ("Lettre de liaison" in shown) is found


def test_a_message_of_two_documents_of_who_is_sought_is_one_line(desk: Client) -> None:
    letters(1)
    second = Document.objects.get()
    second.pk, second.uid, second.set_id = uuid4(), f"{second.uid}.2", ""
    second.save(force_insert=True)
    shown = desk.get(f"{reverse('desk:flow')}?q=carr").content.decode()
    assert shown.count("MDM^T02") == 1


def test_a_message_says_why_it_is_stuck_and_what_to_do(desk: Client) -> None:
    send(adt("A28", replace(QUALIFIED, ins=OTHER_INS)), document())
    inbound = Inbound.objects.get(type="MDM^T02")
    shown = text(desk.get(reverse("desk:message", args=[inbound.id])))
    assert "ne sont pas ceux du patient" in shown
    assert "renvoyer le document corrigé" in shown


def test_a_message_never_shows_a_matricule(desk: Client) -> None:
    letters(1)
    inbound = Inbound.objects.get(type="MDM^T02")
    page = desk.get(reverse("desk:message", args=[inbound.id])).content.decode()
    assert INS.matricule not in page
    assert DOCTOR in page


def test_a_message_costs_a_fixed_number_of_statements(
    desk: Client, django_assert_num_queries: Any
) -> None:
    letters(1)
    inbound = Inbound.objects.get(type="MDM^T02")
    with django_assert_num_queries(7):
        desk.get(reverse("desk:message", args=[inbound.id]))


def test_the_raw_message_hides_its_content_unless_asked(desk: Client) -> None:
    letters(1)
    inbound = Inbound.objects.get(type="MDM^T02")
    address = reverse("desk:raw", args=[inbound.id])
    hidden = desk.get(address).content.decode()
    assert INS.matricule not in hidden
    assert "caractères …]" in hidden
    assert "Qui a vu le contenu" not in hidden
    shown = desk.get(f"{address}?contenu=1").content.decode()
    assert INS.matricule in shown
    assert "Qui a vu le contenu" in shown
    assert Opening.objects.filter(inbound=inbound).count() == 1


def test_a_rejected_message_says_why(desk: Client) -> None:
    actions.receive("test", b"not a message", now=NOW)
    inbound = Inbound.objects.get()
    shown = text(desk.get(reverse("desk:message", args=[inbound.id])))
    assert "Pourquoi il est rejeté" in shown
    assert inbound.errors[0]["reason"] in shown.replace("&amp;", "&")


def test_an_unknown_message_is_not_found(desk: Client) -> None:
    assert desk.get(reverse("desk:message", args=[uuid4()])).status_code == 404


def test_a_stuck_delivery_is_sent_again_after_a_confirmation(desk: Client) -> None:
    letters(1)
    Delivery.objects.update(state="stuck", reason="smtp")
    row = Delivery.objects.get(destination="professional")
    address = reverse("desk:retry", args=[row.id])
    assert "Relancer cet envoi" in text(desk.get(address))
    row.refresh_from_db()
    assert row.state == "stuck"
    desk.post(address)
    row.refresh_from_db()
    assert row.state == "ready"
    assert (
        DeliveryEvent.objects.filter(delivery=row, actor="Claire Martin (mot de passe)").count()
        == 1
    )


def test_a_delivery_is_cancelled_after_a_confirmation(desk: Client) -> None:
    """EX_GEN-1060, R-122."""
    letters(1)
    row = Delivery.objects.get(destination="record")
    desk.post(reverse("desk:cancel", args=[row.id]))
    row.refresh_from_db()
    assert (row.state, row.reason) == ("cancelled", "cancelled")


def test_what_is_delivered_cannot_be_cancelled(desk: Client) -> None:
    letters(1)
    Delivery.objects.update(state="delivered")
    row = Delivery.objects.get(destination="record")
    response = desk.post(reverse("desk:cancel", args=[row.id]), follow=True)
    assert "n’est plus possible" in text(response)


def test_the_waiting_identities_say_what_is_missing(desk: Client) -> None:
    send(document())
    shown = text(desk.get(reverse("desk:identities")))
    assert "IPP1" in shown
    assert "Faire émettre l’identité" in shown


def test_the_waiting_identities_cost_a_fixed_number_of_statements(
    desk: Client, django_assert_num_queries: Any
) -> None:
    send(adt("A28"), document(), document(patient=replace(QUALIFIED, local_ids=(ipp("IPP2"),))))
    with django_assert_num_queries(4):
        desk.get(reverse("desk:identities"))


def test_the_page_of_a_patient_shows_status_history_and_documents(desk: Client) -> None:
    letters(1)
    inbound = Inbound.objects.get(type="MDM^T02")
    shown = text(desk.get(reverse("desk:patient", args=[inbound.patient_id])))
    assert "Identité qualifiée" in shown
    assert "INS changé" in shown
    assert "Lettre de liaison" in shown
    assert INS.matricule not in shown


def test_alerts_and_merges_are_shown(desk: Client) -> None:
    second = replace(QUALIFIED, local_ids=(ipp("IPP2"),))
    send(adt("A28", QUALIFIED), adt("A28", second, control_id="M2"))
    assert "Même INS sur plusieurs patients" in text(desk.get(reverse("desk:alerts")))
    send(adt("A40", QUALIFIED, prior_ids=(ipp("IPP2"),), control_id="M3"))
    shown = text(desk.get(reverse("desk:alerts")))
    assert "Aucune alerte" in shown
    assert "IPP2" in shown


def test_the_destinations_say_whether_they_answer(desk: Client) -> None:
    """R-040."""
    letters(2)
    Circuit.objects.create(
        name="record", state="open", failures=3, openings=1, since=NOW, next_probe_at=NOW
    )
    shown = text(desk.get(reverse("desk:health")))
    assert "Injoignable" in shown
    assert "À envoyer 2" in shown


def test_the_certificates_say_until_when_they_are_good(
    desk: Client, papers: Papers, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-018."""
    assert "Illisible" in text(desk.get(reverse("desk:health")))
    for name, value in papers.settings().items():
        setattr(settings, name, value)
    good = text(desk.get(reverse("desk:health")))
    assert "Signature des VIHF" in good
    assert "À renouveler" not in good
    notice = "carnet.establishment.exchange.queries.certificates.NOTICE"
    monkeypatch.setattr(notice, timedelta(days=36_500))
    assert "À renouveler" in text(desk.get(reverse("desk:health")))


def test_the_software_is_told_as_the_vihf_tells_it(desk: Client) -> None:
    """EX_GEN-1180, and the homologation number is not shown (EX_GEN-1490)."""
    shown = text(desk.get(reverse("desk:health")))
    software = configuration().software
    assert f"{software.name} {software.version}" in shown
    assert software.homologation not in shown


def test_no_page_is_kept_by_the_browser_nor_runs_scripts(desk: Client) -> None:
    response = desk.get(reverse("desk:flow"))
    assert response["Cache-Control"] == "no-store, private"
    assert "script-src 'none'" in response["Content-Security-Policy"]
