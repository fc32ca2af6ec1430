import re

import pytest

from carnet.national.doors.space import drawing
from carnet.national.journal import queries as journal
from carnet.national.record import actions as record
from carnet.standards.cda import reading
from carnet.standards.xds.iti43 import DocumentRef
from tests.national.doors.space.lives import DOCTOR, letter, pdf, publish, structured
from tests.national.doors.space.test_paper import bomb
from tests.standards.cda import letters


def open_page(client, document):
    answer = client.get(f"/documents/{document}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_says_in_plain_words_what_the_document_is(client, jeanne, now):
    page = open_page(client, publish(jeanne, now=now, title="Lettre de sortie"))
    assert "<h1>Lettre de sortie</h1>" in page
    for words in ("De quoi s’agit-il", "Lettres entre professionnels", "Écrit par", "MAX"):
        assert words in page


def test_no_code_is_shown_without_its_label(client, jeanne, now):
    page = open_page(client, publish(jeanne, now=now))
    main = page.split("<main")[1].split("</main>")[0]
    for code in ("11490-0", "SA01", "SM26", "ETABLISSEMENT", "1.2.250"):
        assert code not in main


def test_each_page_is_a_picture_with_its_text_beside(client, jeanne, now):
    page = open_page(client, publish(jeanne, now=now, body=pdf("Reposez-vous.", 2)))
    assert len(re.findall(r'<img src="data:image/png;base64,', page)) == 2
    assert "Image de la page 1 sur 2. Son texte est juste après." in page
    assert page.count("Reposez-vous.") == 2


def test_a_long_document_is_shown_a_few_pages_at_a_time(client, jeanne, now):
    document = publish(jeanne, now=now, body=pdf("Texte", 6))
    first = open_page(client, document)
    assert "Image de la page 4 sur 6" in first
    assert "Image de la page 5 sur 6" not in first
    assert 'href="?page=5"' in first
    second = client.get(f"/documents/{document}/?page=5").content.decode()
    assert "Image de la page 6 sur 6" in second
    assert 'href="?page=1"' in second


@pytest.mark.parametrize("page", ["0", "7", "-1", "x", "²", "9" * 50])
def test_a_page_that_does_not_exist_shows_the_first(client, jeanne, now, page):
    document = publish(jeanne, now=now)
    answer = client.get(f"/documents/{document}/", {"page": page})
    assert "Image de la page 1 sur 1" in answer.content.decode()


def test_a_file_that_cannot_be_drawn_is_offered_as_a_file(client, jeanne, now):
    document = publish(jeanne, now=now, body=letters.PDF)
    page = open_page(client, document)
    assert "Ce document ne peut pas être montré ici." in page
    assert client.get(f"/documents/{document}/fichier").content == letters.PDF


def test_the_original_is_handed_over_byte_for_byte_and_inert(client, jeanne, now):
    cda = letter(jeanne, title="Lettre", days=0, now=now, body=pdf())
    answer = client.get(f"/documents/{publish(jeanne, now=now, cda=cda)}/original")
    assert answer.content == cda
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


def test_the_pdf_inside_is_handed_over(client, jeanne, now):
    answer = client.get(f"/documents/{publish(jeanne, now=now)}/fichier")
    assert answer.content == pdf()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].endswith('.pdf"')


def test_a_hostile_title_is_only_text(client, jeanne, now):
    title = "<script>alert('titre')</script><img src=x onerror=y>"
    document = publish(jeanne, now=now, title=title)
    for address in ("/", "/documents/", f"/documents/{document}/", "/acces/"):
        page = client.get(address).content.decode()
        assert "<script" not in page
        assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


def test_a_structured_document_is_shown_as_text(client, jeanne, now):
    cda = structured(jeanne, now, "<paragraph>Bon état général.</paragraph>")
    page = open_page(client, publish(jeanne, now=now, cda=cda))
    assert "Évolution" in page
    assert "Bon état général." in page
    assert 'class="narrative"' in page


def test_a_hostile_narrative_is_only_text(client, jeanne, now):
    cda = structured(
        jeanne,
        now,
        '<paragraph onclick="x">&lt;script&gt;alert(1)&lt;/script&gt;</paragraph>'
        '<linkHtml href="javascript:alert(1)">ici</linkHtml><script>alert(2)</script>',
    )
    page = open_page(client, publish(jeanne, now=now, cda=cda))
    for danger in ("<script", "javascript:", "onclick"):
        assert danger not in page


def test_the_page_tells_who_opened_the_document(client, jeanne, now):
    document = publish(jeanne, now=now)
    page = open_page(client, document)
    assert "Qui a ouvert ce document" in page
    assert "a déposé le document" in page
    assert "Vous avez ouvert le document" in page


def test_a_professional_who_is_refused_is_told_to_the_patient(client, jeanne, now):
    cda = letter(jeanne, title="Lettre", days=0, now=now, body=pdf())
    publish(jeanne, now=now, cda=cda)
    reference = DocumentRef("1.2.250.1.999.1.1.1", reading.read(cda).id.root)
    record.retrieve(DOCTOR, [reference], patient=jeanne.ins, now=now)
    page = client.get("/acces/?voir=refus").content.decode()
    assert "Accès refusé" in page
    assert "Vous n’avez pas donné votre accord à ce professionnel." in page


def test_one_opening_is_one_line_of_the_journal(client, jeanne, now):
    document = publish(jeanne, now=now, body=pdf("Texte", 4))
    open_page(client, document)
    traces = journal.history(jeanne.actor, jeanne.patient_id, document_id=document)
    assert [trace.action for trace in traces] == ["document.read", "document.published"]


def test_the_page_of_a_document_asks_a_known_number_of_questions(
    client, jeanne, now, django_assert_num_queries
):
    document = publish(jeanne, now=now)
    open_page(client, document)
    with django_assert_num_queries(21):
        open_page(client, document)


def test_pages_that_take_days_to_draw_are_offered_as_a_file(client, jeanne, now, monkeypatch):
    monkeypatch.setattr(drawing, "SECONDS", 0.5)
    page = open_page(client, publish(jeanne, now=now, body=bomb()))
    assert "Ce document ne peut pas être montré ici." in page
    assert "Télécharger (PDF)" in page
