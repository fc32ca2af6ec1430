"""« Qui peut voir mon dossier ? »: blocking, letting in, undoing; what is said and written."""

from urllib.parse import quote

import pytest

from carnet.national.accounts.models import Notification
from carnet.national.directory import actions as directory
from carnet.national.journal.models import Trace
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.models import Authorisation as Line
from carnet.national.record.models import Record, TeamMember
from carnet.national.record.rules import Authorisation, Consent
from carnet.standards.ids import PsIdNat, StructIdNat
from carnet.standards.xds.metadata import Code
from tests.national.doors.space.entering import text
from tests.national.doors.space.lives import (
    DOCTOR,
    ESTABLISHMENT,
    HOSPITAL,
    LOADER,
    STRUCTURE,
    publish,
)
from tests.national.doors.space.test_visibility import read

PROFESSION = "1.2.250.1.71.1.2.7"
NURSE = "899900063507"


@pytest.fixture
def professionals(db, now):
    directory.register_structure(
        LOADER, StructIdNat(STRUCTURE), name=HOSPITAL.name, kind="EG", now=now
    )
    for ps_idnat, family, given, title, code in (
        (DOCTOR.ps_idnat, "MAX", "Libre", "Dr", "10"),
        (NURSE, "MAXIMIN", "Zoé", "", "60"),
    ):
        directory.register_professional(
            LOADER,
            PsIdNat(ps_idnat),
            family_name=family,
            given_name=given,
            title=title,
            profession=Code(code, PROFESSION),
            structures=[StructIdNat(STRUCTURE)],
            now=now,
        )


def of(reader_id=DOCTOR.ps_idnat):
    return f"/acces/lecteurs/{quote(reader_id)}/"


def do(client, deed, reader_id=DOCTOR.ps_idnat, **fields):
    """Press a button of the page of a professional; the page that follows."""
    answer = client.post(of(reader_id), {"deed": deed, **fields}, follow=True)
    assert answer.status_code == 200
    return text(answer)


def state(life, now):
    return queries.existence(DOCTOR, life.ins, now=now).authorisation


def last_sentence(client):
    return text(client.get("/acces/")).split('<li class="event')[1]


def test_nobody_is_said_when_there_is_nobody(client, jeanne):
    page = text(client.get("/acces/lecteurs/"))
    assert "Personne pour le moment." in page
    assert "Vous n’avez bloqué personne." in page


def test_a_professional_is_found_by_name_blocked_and_unblocked(client, jeanne, professionals, now):
    """R-133, R-157."""
    found = text(client.get("/acces/lecteurs/chercher/?nom=max+lib"))
    assert "Dr Libre MAX" in found
    assert "MAXIMIN" not in found
    assert f'href="{of()}"' in found
    page = do(client, "bloquer")
    assert "Dr Libre MAX ne peut plus rien lire, même en urgence." in page
    assert "Vous avez bloqué ce professionnel ou sa structure." in page
    assert state(jeanne, now) == "INTERDIT"
    assert "Vous avez bloqué Dr Libre MAX." in last_sentence(client)
    assert "Dr Libre MAX" in text(client.get("/acces/lecteurs/")).split("Ils sont bloqués")[1]
    page = do(client, "debloquer")
    assert "n’est plus bloqué" in page
    assert state(jeanne, now) == "NON_EXISTE"


def test_what_was_just_done_is_undone_by_one_button(client, jeanne, professionals, now):
    page = do(client, "bloquer")
    assert 'name="deed" value="debloquer">Annuler' in page
    do(client, "debloquer")
    page = text(client.get(f"{of()}?fait=bloquer"))  # the page before, come back to later
    assert "Annuler" not in page


@pytest.mark.parametrize(("term", "days"), [("mois", 30), ("an", 365), ("toujours", None)])
def test_an_accord_lasts_as_long_as_it_was_given(client, jeanne, professionals, term, days):
    page = do(client, "autoriser", terme=term)
    assert "peut maintenant lire votre dossier" in page
    line = Line.objects.get(patient_id=jeanne.patient_id)
    assert ((line.until - line.since).days if line.until else None) == days
    assert "Dr Libre MAX" in text(client.get("/acces/lecteurs/")).split("Ils peuvent lire")[1]
    do(client, "retirer")
    assert not Line.objects.filter(patient_id=jeanne.patient_id).exists()


def test_the_medecin_traitant_is_declared_and_may_then_read(client, jeanne, professionals, now):
    assert "est votre médecin traitant" in do(client, "medecin-traitant")
    assert Record.objects.get(patient_id=jeanne.patient_id).medecin_traitant == DOCTOR.ps_idnat
    assert state(jeanne, now) == "VALIDE"
    page = text(client.get("/acces/lecteurs/"))
    assert "Dr Libre MAX" in page.split("Mon médecin traitant")[1].split("Ils peuvent lire")[0]
    do(client, "plus-medecin-traitant")
    assert Record.objects.get(patient_id=jeanne.patient_id).medecin_traitant == ""
    assert state(jeanne, now) == "VALIDE"


def test_a_nurse_is_not_declared_medecin_traitant(client, jeanne, professionals):
    assert "Déclarer médecin traitant" not in text(client.get(of(NURSE)))
    do(client, "medecin-traitant", NURSE)
    assert Record.objects.get(patient_id=jeanne.patient_id).medecin_traitant == ""


def test_a_member_of_the_team_is_recognised_then_dismissed(client, jeanne, professionals):
    page = do(client, "reconnaitre", NURSE)
    assert "Vous n’avez pas encore donné votre accord à l’équipe de soins." in page
    client.post("/acces/equipes/", {"accord": "given"})
    assert Record.objects.get(patient_id=jeanne.patient_id).team_consent == Consent.GIVEN
    page = text(client.get(of(NURSE)))
    assert "Vous l’avez reconnu comme membre de votre équipe de soins." in page
    do(client, "ecarter", NURSE)
    assert not TeamMember.objects.filter(patient_id=jeanne.patient_id).exists()


def test_a_structure_that_follows_is_told_and_its_care_ended(client, jeanne, professionals, now):
    episode = record.open_episode(ESTABLISHMENT, jeanne.patient_id, now=now)
    name = HOSPITAL.name.replace("'", "&#x27;")
    assert name in text(client.get("/acces/lecteurs/")).split("attendent votre accord")[1]
    client.post("/acces/equipes/", {"accord": "given"})
    page = text(client.get("/acces/lecteurs/"))
    assert name in page.split("Ils peuvent lire")[1].split("Mes équipes")[0]
    assert "Cette structure vous suit depuis" in text(client.get(of(STRUCTURE)))
    page = text(client.post(f"/acces/suivis/{episode}/fin/", follow=True))
    assert "vous n’y êtes plus suivi" in page
    assert "Personne pour le moment." in page
    assert client.post(f"/acces/suivis/{jeanne.patient_id}/fin/").status_code == 404


def test_who_came_without_a_place_is_listed_and_can_be_blocked(client, jeanne, now):
    """Even one whom the directory does not know."""
    document = publish(jeanne, now=now)
    record.authorise(LOADER, jeanne.patient_id, DOCTOR.ps_idnat, Authorisation.VALID, now=now)
    read(jeanne, document, now=now)
    record.authorise(LOADER, jeanne.patient_id, DOCTOR.ps_idnat, Authorisation.NONE, now=now)
    page = text(client.get("/acces/lecteurs/"))
    assert "Dr Libre MAX" in page.split("Ils sont venus sans être dans ces listes")[1]
    do(client, "bloquer")
    assert state(jeanne, now) == "INTERDIT"


def test_an_unknown_number_is_nobody(client, jeanne, professionals):
    assert client.get("/acces/lecteurs/%00/").status_code == 404
    assert client.get(of("0000000000")).status_code == 404
    assert client.post(of("0000000000"), {"deed": "bloquer"}).status_code == 404
    assert not Line.objects.filter(patient_id=jeanne.patient_id).exists()


@pytest.mark.parametrize("fields", [{}, {"deed": "rien"}, {"deed": "autoriser", "terme": "hier"}])
def test_a_button_that_does_not_exist_does_nothing(client, jeanne, professionals, fields):
    assert client.post(of(), fields).status_code == 404
    assert not Line.objects.filter(patient_id=jeanne.patient_id).exists()


def test_the_same_button_twice_is_written_once(client, jeanne, professionals):
    do(client, "bloquer")
    do(client, "bloquer")
    assert Trace.objects.filter(action="authorisation.changed").count() == 1


def test_a_search_that_finds_nobody_says_so(client, jeanne, professionals):
    assert "Personne de ce nom" in text(client.get("/acces/lecteurs/chercher/?nom=%25"))
    assert "Personne de ce nom" not in text(client.get("/acces/lecteurs/chercher/"))


def test_nothing_is_told_to_the_holder_of_what_they_do_themselves(client, jeanne, professionals):
    do(client, "bloquer")
    assert not Notification.objects.filter(kind="readers.changed").exists()


def test_the_pages_ask_a_known_number_of_questions(
    client, jeanne, professionals, now, django_assert_num_queries
):
    record.authorise(LOADER, jeanne.patient_id, DOCTOR.ps_idnat, Authorisation.VALID, now=now)
    record.recognise(LOADER, jeanne.patient_id, NURSE, now=now)
    client.get("/acces/lecteurs/")
    with django_assert_num_queries(15):
        client.get("/acces/lecteurs/")
    with django_assert_num_queries(18):
        client.get(of())
