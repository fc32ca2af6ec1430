"""« Mes documents »: what is found by words and filters, and how it is shown."""

from collections.abc import Iterator

import pytest

from carnet.national.clients.texts import Reader
from carnet.national.record.finding import reading
from tests.national.doors.space.lives import letter, pdf, publish
from tests.national.record.finding.letters import read_all


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


@pytest.fixture
def add(jeanne, now, reader):
    """Publish a letter that says this, and have it read."""

    def add(words, title="Lettre de sortie", days=0, **options):
        cda = letter(jeanne, title=title, days=days, now=now, body=pdf(words))
        document = publish(jeanne, now=now, cda=cda, **options)
        read_all(reader)
        return document

    return add


def test_what_is_found_is_shown_with_its_passage(client, add):
    document = add("L’examen montre une #emph[fracture] du poignet.")
    page = client.get("/documents/", {"mots": "fractures"}).content.decode()
    assert "1 document pour" in page
    assert "une <mark>fracture</mark> du poignet" in page
    assert f"/documents/{document}/?page=1" in page


def test_a_search_within_a_category_keeps_it(client, add):
    add("fracture")
    category = client.get("/documents/").context["found"].categories[0].code
    page = client.get("/documents/", {"mots": "fracture", "categorie": category})
    assert page.context["found"].total == 1
    other = client.get("/documents/", {"mots": "fracture", "categorie": "vaccins"})
    assert "Enlevez un filtre" in other.content.decode()


def test_nothing_found_says_what_to_try(client, add):
    add("fracture")
    page = client.get("/documents/", {"mots": "introuvable"}).content.decode()
    assert "Aucun document pour" in page
    assert "Essayez un mot plus court" in page


def test_a_word_with_a_fault_is_answered_by_the_one_that_was_meant(client, add):
    add("Une arthroscopie du genou.")
    page = client.get("/documents/", {"mots": "artroscopie"}).content.decode()
    assert "Vouliez-vous dire" in page
    assert "?mots=arthroscopie" in page


def test_the_words_searched_and_found_are_written_harmless(client, add):
    add("Le signe `<script>alert(1)</script>` cassure.", title="<b>cassure</b>")
    words = '"><script>alert(1)</script>'
    for asked in (words, "cassure"):
        page = client.get("/documents/", {"mots": asked}).content.decode()
        assert "<script" not in page
        assert "<b>" not in page
    assert "&lt;b&gt;<mark>cassure</mark>" in page


def test_facets_lead_to_fewer_results_and_back(client, add):
    """R-168."""
    add("cassure du bras", days=0)
    add("cassure de la jambe", days=800)
    page = client.get("/documents/", {"mots": "cassure"})
    (facet,) = [f for f in page.context["facets"] if str(f.label) == "Année"]
    newest, oldest = facet.choices
    assert (newest.count, oldest.count) == (1, 1)
    narrowed = client.get(f"/documents/{oldest.address}")
    assert narrowed.context["found"].total == 1
    assert "Ne plus limiter" in narrowed.content.decode()


def test_a_document_received_twice_is_shown_once(client, add):
    words = "Compte rendu de la consultation du 12 mars 2024 pour une entorse de la cheville. " * 6
    first, second = add(words, days=9), add(words, days=3)
    page = client.get("/documents/", {"mots": "entorse"}).content.decode()
    assert "1 document pour" in page
    assert "1 copie" in page
    assert f"/documents/{first}/" in page
    assert f"/documents/{second}/" in page


def test_a_document_not_yet_read_is_announced(client, jeanne, now):
    document = publish(jeanne, now=now)
    reading.ask(jeanne.patient_id, document)
    page = client.get("/documents/", {"mots": "fracture"}).content.decode()
    assert "pas encore lu" in page


@pytest.mark.parametrize(
    "fields", [{"depuis": "x"}, {"tri": "x"}, {"apres": "x"}, {"annee": "x" * 9}]
)
def test_a_field_that_makes_no_sense_is_as_absent(client, add, fields):
    add("fracture")
    page = client.get("/documents/", {"mots": "fracture", **fields})
    assert page.context["found"].total == 1


def test_a_stranger_finds_nothing_of_another_record(client, add, stranger):
    from tests.national.doors.space.conftest import signed_in

    add("fracture")
    page = signed_in(stranger).get("/documents/", {"mots": "fracture"})
    assert page.context["found"].total == 0


def test_results_are_read_page_after_page(client, add, monkeypatch):
    monkeypatch.setattr("carnet.national.doors.space.pages.documents.PER_PAGE", 2)
    for number in range(3):
        add(f"fracture {number}", title=f"Lettre {number}", days=number * 40)
    seen = []
    address = {"mots": "fracture"}
    for _page in range(2):
        found = client.get("/documents/", address).context["found"]
        seen += [result.document.title for result in found.results]
        address["apres"] = found.next_after
    assert sorted(seen) == ["Lettre 0", "Lettre 1", "Lettre 2"]


def test_a_search_asks_as_much_for_many_documents_as_for_few(
    client, add, django_assert_num_queries
):
    add("fracture")
    client.get("/documents/", {"mots": "fracture "})
    for number in range(4):
        add(f"fracture {number}", title=f"Lettre {number}", days=number * 40)
    client.get("/documents/", {"mots": "fracture "})
    with django_assert_num_queries(13):
        client.get("/documents/", {"mots": "fracture "})
