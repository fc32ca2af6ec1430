from datetime import UTC, datetime, timedelta
from uuid import uuid4

from carnet.national.doors.space.pages.accesses import by_day
from carnet.national.journal.queries import Trace
from tests.national.doors.space.lives import publish

NOON = datetime(2026, 3, 3, 11, tzinfo=UTC)


def trace(at, sentence="Vous avez ouvert un document.", outcome="allowed"):
    return Trace(
        uuid4(), at, sentence, "document.read", outcome, "citizen", "J", None, "", (), False
    )


def test_acts_are_grouped_by_the_day_of_the_reader():
    """R-151, EX_3.1-1070."""
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # already 3 March in Paris
    days = by_day([trace(NOON), trace(late, "Autre acte."), trace(NOON - timedelta(days=1))])
    assert [len(day.sentences) for day in days] == [2, 1]


def test_the_same_act_of_one_day_is_told_once_and_counted():
    (day,) = by_day([trace(NOON), trace(NOON - timedelta(hours=1))])
    assert [(each.times, each.trace.at) for each in day.sentences] == [(2, NOON)]


def test_a_refusal_is_never_counted_with_what_was_allowed():
    (day,) = by_day([trace(NOON), trace(NOON, outcome="refused")])
    assert len(day.sentences) == 2


def test_nobody_came_yet_is_said(client, jeanne):
    page = client.get("/acces/?voir=soignants").content.decode()
    assert "Rien de tel" in page


def test_what_an_establishment_did_is_told(client, jeanne, now):
    publish(jeanne, now=now, title="Lettre de sortie")
    page = client.get("/acces/?voir=etablissements").content.decode()
    assert "CH de l&#x27;Exemple a déposé le document" in page
    assert "aujourd’hui" in page


def test_what_a_filter_keeps_is_found_behind_all_the_rest(client, jeanne, now, monkeypatch):
    monkeypatch.setattr("carnet.national.doors.space.pages.accesses.PER_PAGE", 2)
    document = publish(jeanne, now=now - timedelta(minutes=1), title="Lettre de sortie")
    for _opening in range(3):
        client.get(f"/documents/{document}/")
    page = client.get("/acces/?voir=etablissements")
    (day,) = page.context["days"]
    assert [each.trace.actor_kind for each in day.sentences] == ["establishment"]
    assert page.context["next_before"] == ""


def test_a_filter_that_does_not_exist_shows_everything(client, jeanne, now):
    publish(jeanne, now=now)
    page = client.get("/acces/?voir=rien&avant=hier").content.decode()
    assert "a déposé le document" in page


def test_a_long_history_is_read_page_after_page(client, jeanne, now, monkeypatch):
    monkeypatch.setattr("carnet.national.doors.space.pages.accesses.PER_PAGE", 1)
    publish(jeanne, now=now, title="Lettre A")
    publish(jeanne, now=now - timedelta(minutes=1), title="Lettre B")
    seen, address = [], "/acces/"
    while address:
        page = client.get(address)
        seen += [s.trace.sentence for day in page.context["days"] for s in day.sentences]
        cursor = page.context["next_before"]
        address = f"/acces/?avant={cursor.replace('+', '%2B')}" if cursor else ""
    assert sum("Lettre A" in each for each in seen) == 1
    assert sum("Lettre B" in each for each in seen) == 1


def test_the_page_asks_a_known_number_of_questions(client, jeanne, now, django_assert_num_queries):
    publish(jeanne, now=now)
    client.get("/acces/")
    with django_assert_num_queries(9):
        client.get("/acces/")


def test_the_proof_is_a_file_of_every_act(client, jeanne, now):
    assert "/acces/preuve" in client.get("/acces/").content.decode()
    answer = client.get("/acces/preuve")
    assert answer["Content-Disposition"].startswith('attachment; filename="acces-')
    assert answer.json()["patient_id"] == str(jeanne.patient_id)
    client.get("/acces/preuve")
    assert "téléchargé la preuve" in client.get("/acces/").content.decode()
