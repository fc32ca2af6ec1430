from tests.national.doors.space.lives import publish


def test_an_empty_space_says_what_will_come(client):
    page = client.get("/").content.decode()
    assert "Aucun nouveau document" in page
    assert "Pas encore de document" in page
    assert "Pas encore de message" in page


def test_the_home_page_shows_what_is_new(client, jeanne, now):
    publish(jeanne, now=now, title="Lettre de sortie")
    page = client.get("/").content.decode()
    assert "nouveau document" in page
    assert "Lettre de sortie" in page
    assert "a déposé le document" in page


def test_the_home_page_asks_a_known_number_of_questions(
    client, jeanne, now, django_assert_num_queries
):
    publish(jeanne, now=now)
    client.get("/")
    with django_assert_num_queries(17):
        client.get("/")
