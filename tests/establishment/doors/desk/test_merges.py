"""The page of a merge: before it is undone, once it is, and what is left to say."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from carnet.establishment.exchange.models import Attribution, Correction, Delivery
from carnet.establishment.patients.models import Merge
from tests.establishment.doors.desk.screens import text
from tests.establishment.merging import OTHER, VISITS, arrival, letter, patient
from tests.establishment.people import INS, OTHER_INS, QUALIFIED, adt, ipp
from tests.establishment.working import receive

pytestmark = [pytest.mark.django_db, pytest.mark.urls("carnet.ops.urls_establishment")]


def joined(desk: Client) -> Merge:
    """Two files made one, a letter and a stay of before, a letter and a stay of since."""
    receive(adt("A28", QUALIFIED), adt("A28", OTHER), arrival(OTHER, "M2", "V2"), letter(2))
    Delivery.objects.update(
        state="delivered", attempts=1, ins_matricule=OTHER_INS.matricule, ins_oid=str(OTHER_INS.oid)
    )
    desk.post(reverse("desk:merge", args=[patient("IPP1"), patient("IPP2")]))
    receive(letter(3), arrival(replace(QUALIFIED, local_ids=(ipp("IPP2"),)), "M3", "V3"))
    return Merge.objects.get()


def page(desk: Client, merge: Merge) -> str:
    return text(desk.get(reverse("desk:separation", args=[merge.id])))


def test_before_it_is_undone_the_page_says_what_will_happen(desk: Client) -> None:
    merge = joined(desk)
    shown = page(desk, merge)
    assert "Annuler cette fusion ?" in shown
    assert "1 document arrivé depuis reste à CARRIERE" in shown
    assert "Lettre 2" in shown
    assert "V2" in shown
    assert INS.matricule not in shown


def test_once_undone_the_page_asks_whose_the_rest_is(desk: Client) -> None:
    merge = joined(desk)
    response = desk.post(reverse("desk:unmerge", args=[merge.id]), follow=True)
    shown = text(response)
    assert "chacun des deux dossiers est de nouveau ce qu’il était" in shown
    assert "par Claire Martin (mot de passe)." in shown
    assert "Son message nommait IPP2." in shown
    assert "1 document attend une réponse" in shown
    assert "À qui sont les venues commencées pendant la fusion ?" in shown
    work = text(desk.get(reverse("desk:vigilance")))
    assert "1 document ne part pas tant que personne n’a dit à qui il est." in work
    row = Attribution.objects.get(state="asked")
    answer = desk.post(
        reverse("desk:attribute", args=[merge.id, row.id]), {"to": "other"}, follow=True
    )
    assert "le document est dans le bon dossier" in text(answer)
    assert "Rendu à l’autre dossier" in text(answer)
    assert "ne part pas" not in text(desk.get(reverse("desk:vigilance")))
    again = desk.post(
        reverse("desk:attribute", args=[merge.id, row.id]), {"to": "other"}, follow=True
    )
    assert "ce document a changé de place" in text(again)


def test_the_history_of_an_identity_says_who_did_what_and_leads_to_the_other_file(
    desk: Client,
) -> None:
    merge = joined(desk)
    desk.post(reverse("desk:unmerge", args=[merge.id]))
    response = desk.get(reverse("desk:patient", args=[merge.survivor_id]))
    assert "Fusion annulée l’autre dossier fusion annulée · Claire Martin" in text(response)
    assert "A28 · DPI (990000028)" in text(response)
    assert reverse("desk:patient", args=[merge.merged_id]) in response.content.decode()


def test_a_stay_is_given_from_the_page(desk: Client) -> None:
    merge = joined(desk)
    desk.post(reverse("desk:unmerge", args=[merge.id]))
    response = desk.post(
        reverse("desk:give-stay", args=[merge.id]),
        {"domain": VISITS, "visit": "V3"},
        follow=True,
    )
    assert "la venue est dans l’autre dossier" in text(response)
    assert "À qui sont les venues" not in text(response)


def test_what_left_for_the_wrong_person_is_shown(desk: Client) -> None:
    merge = joined(desk)
    assert Correction.objects.get().state == "started"
    Delivery.objects.filter(document__action="F").exclude(document__correction=None).update(
        state="delivered", attempts=1, ins_matricule=INS.matricule, ins_oid=str(INS.oid)
    )
    desk.post(reverse("desk:unmerge", args=[merge.id]))
    assert "Ce qui était parti pour la mauvaise personne" in page(desk, merge)


def test_a_merge_that_is_to_be_undone_later_says_which_comes_first(desk: Client) -> None:
    merge = joined(desk)
    third = replace(QUALIFIED, local_ids=(ipp("IPP3"),), birth_name="TIERS", ins=None)
    receive(adt("A28", replace(third, reliability=("PROV",))))
    desk.post(reverse("desk:merge", args=[patient("IPP3"), merge.survivor_id]))
    assert "dans celui de TIERS" in page(desk, merge)
    response = desk.post(reverse("desk:unmerge", args=[merge.id]), follow=True)
    assert "annuler d’abord cette fusion-là" in text(response)


def test_a_merge_that_does_not_exist_is_not_found(desk: Client) -> None:
    assert desk.get(reverse("desk:separation", args=[uuid4()])).status_code == 404
    assert desk.post(reverse("desk:unmerge", args=[uuid4()])).status_code == 404
