"""« Voir mon dossier comme… »: the list that each kind of reader would have, and why."""

from carnet.national.record import actions as record
from carnet.national.record.readers import IMAGINED
from tests.national.doors.space.entering import text
from tests.national.doors.space.lives import MASKED, publish


def seen(client, name):
    page = client.get(f"/acces/voir-comme/?comme={name}")
    assert page.status_code == 200
    return {one.summary.title: one.decision.allowed for one in page.context["seen"].documents}


def test_each_reader_is_shown_with_what_it_opens_and_why_not(client, jeanne, now):
    publish(jeanne, now=now, title="Lettre")
    publish(jeanne, now=now, title="Radiographie", confidentiality=[MASKED])
    both = {"Lettre": True, "Radiographie": True}
    only = {"Lettre": True, "Radiographie": False}
    none = {"Lettre": False, "Radiographie": False}
    expected = dict.fromkeys(IMAGINED, only)
    expected |= {"medecin-traitant": both, "medecin-du-travail": none, "inconnu": none}
    assert {name: seen(client, name) for name in IMAGINED} == expected
    page = text(client.get("/acces/voir-comme/?comme=infirmier"))
    assert "Le document est masqué aux professionnels." in page
    assert "1 document ouvert sur 2" in page


def test_the_choices_of_the_holder_are_seen_in_it(client, jeanne, now):
    publish(jeanne, now=now, title="Lettre")
    assert seen(client, "samu") == {"Lettre": True}
    record.set_choices(jeanne.actor, jeanne.patient_id, now=now, opposes_centre_15=True)
    assert seen(client, "samu") == {"Lettre": False}
    assert "Aucun document ouvert" in text(client.get("/acces/voir-comme/?comme=samu"))


def test_a_reader_that_does_not_exist_shows_the_first(client, jeanne):
    page = client.get("/acces/voir-comme/?comme=personne&avant=hier")
    assert page.context["chosen"] == "medecin-traitant"
    assert "Pas encore de document" in text(page)


def test_a_long_record_is_read_page_after_page(client, jeanne, now, monkeypatch):
    monkeypatch.setattr("carnet.national.doors.space.pages.preview.PER_PAGE", 1)
    publish(jeanne, now=now, title="Lettre A")
    publish(jeanne, now=now, title="Lettre B", days=3)
    first = client.get("/acces/voir-comme/?comme=medecin")
    cursor = first.context["seen"].next_before
    second = client.get("/acces/voir-comme/", {"comme": "medecin", "avant": cursor})
    assert "Lettre A" in text(first)
    assert "Lettre B" in text(second)
    assert second.context["seen"].next_before == ""


def test_the_page_asks_a_known_number_of_questions(client, jeanne, now, django_assert_num_queries):
    publish(jeanne, now=now)
    client.get("/acces/voir-comme/")
    with django_assert_num_queries(11):
        client.get("/acces/voir-comme/")
