from datetime import timedelta

import pytest

from tests.national.doors.space.lives import MASKED, publish


def test_an_empty_record_says_what_will_come(client):
    page = client.get("/documents/").content.decode()
    assert "Pas encore de document" in page
    assert '<form class="search"' not in page


def test_a_document_is_listed_with_its_date_author_and_structure(client, jeanne, now):
    publish(jeanne, now=now, title="Lettre de sortie", days=400)
    page = client.get("/documents/").content.decode()
    day = now - timedelta(days=400)
    assert "Lettre de sortie" in page
    assert str(day.year) in page
    assert "MAX" in page
    assert "CH de l&#x27;Exemple" in page


def test_a_new_document_says_so_until_it_is_opened(client, jeanne, now):
    document = publish(jeanne, now=now)
    assert "Nouveau" in client.get("/documents/").content.decode()
    client.get(f"/documents/{document}/")
    assert "Nouveau" not in client.get("/documents/").content.decode()


def test_a_document_hidden_from_professionals_says_so(client, jeanne, now):
    publish(jeanne, now=now, confidentiality=[MASKED])
    assert "Masqué aux professionnels" in client.get("/documents/").content.decode()


def test_the_list_is_filtered_by_category(client, jeanne, now):
    publish(jeanne, now=now, title="Lettre de sortie")
    category = client.get("/documents/").context["found"].categories[0]
    page = client.get("/documents/", {"categorie": category.code})
    assert [each.title for each in page.context["found"].documents] == ["Lettre de sortie"]
    assert f'name="categorie" value="{category.code}"' in page.content.decode()


def test_an_unknown_category_shows_an_empty_list(client, jeanne, now):
    publish(jeanne, now=now)
    assert "Aucun document ici" in client.get("/documents/?categorie=rien").content.decode()


@pytest.mark.parametrize("before", ["x", "~", "2026-01-01~not-an-id", "9" * 300])
def test_a_cursor_that_is_not_ours_shows_the_first_page(client, jeanne, now, before):
    publish(jeanne, now=now, title="Lettre de sortie")
    page = client.get("/documents/", {"avant": before})
    assert "Lettre de sortie" in page.content.decode()


def test_a_long_list_is_read_page_after_page(client, jeanne, now, monkeypatch):
    monkeypatch.setattr("carnet.national.doors.space.pages.documents.PER_PAGE", 2)
    for number in range(3):
        publish(jeanne, now=now, title=f"Lettre {number}", days=number)
    first = client.get("/documents/")
    assert [each.title for each in first.context["found"].documents] == ["Lettre 0", "Lettre 1"]
    second = client.get("/documents/", {"avant": first.context["found"].next_before})
    assert [each.title for each in second.context["found"].documents] == ["Lettre 2"]
    assert "Revenir aux plus récents" in second.content.decode()


def test_a_list_of_many_documents_asks_as_much_as_a_short_one(
    client, jeanne, now, django_assert_num_queries
):
    publish(jeanne, now=now)
    client.get("/documents/")
    for number in range(4):
        publish(jeanne, now=now, title=f"Lettre {number}")
    with django_assert_num_queries(10):
        client.get("/documents/")
