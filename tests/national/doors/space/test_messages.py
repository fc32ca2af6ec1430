import pytest

from tests.national.doors.space.lives import ADDRESS, letter, package_of, pdf, publish, write_to


def only_conversation(client):
    inbox = client.get("/messages/").context["inbox"]
    assert len(inbox.conversations) == 1
    return inbox.conversations[0]


def test_an_empty_mailbox_says_what_will_come(client, jeanne):
    page = client.get("/messages/").content.decode()
    assert "Pas encore de message" in page
    assert f"{jeanne.ins.matricule}@patient.mssante.fr" in page


def test_a_new_message_says_so_until_it_is_read(client, jeanne, now):
    write_to(jeanne, now=now)
    assert "1 non lu" in client.get("/messages/").content.decode()
    page = client.get(f"/messages/{only_conversation(client).id}/").content.decode()
    assert "Voici votre lettre." in page
    assert ADDRESS in page
    assert "1 non lu" not in client.get("/messages/").content.decode()


def test_a_message_is_only_text(client, jeanne, now):
    write_to(jeanne, now=now, subject="<b>Objet</b>", body="<script>alert(1)</script>")
    page = client.get(f"/messages/{only_conversation(client).id}/").content.decode()
    assert "<script" not in page
    assert "<b>Objet" not in page


def test_the_files_of_a_message_are_named_and_handed_over(client, jeanne, now):
    cda = letter(jeanne, title="Lettre de sortie", days=0, now=now, body=pdf())
    write_to(
        jeanne,
        now=now,
        package=package_of(cda, now),
        pdfs=[("lettre.pdf", "application/pdf", pdf())],
    )
    page = client.get(f"/messages/{only_conversation(client).id}/")
    message = page.context["conversation"].messages[0]
    assert "IHE_XDM" not in page.content.decode()
    files = [
        client.get(f"/messages/piece/{message.id}/{each.index}") for each in message.attachments
    ]
    assert [each.content for each in files] == [cda, pdf()]
    assert all(each["Content-Disposition"].startswith("attachment") for each in files)


def test_a_letter_is_named_by_its_title_and_found_in_the_record(client, jeanne, now):
    cda = letter(jeanne, title="Lettre de sortie", days=0, now=now, body=pdf())
    document = publish(jeanne, now=now, cda=cda)
    write_to(
        jeanne,
        now=now,
        subject="Lettre de liaison à la sortie d'un établ DELACROIX JEANNE 02/03/1944",
        package=package_of(cda, now),
        pdfs=[("20260310_Lettre_DELACROIX_JEANNE.pdf", "application/pdf", pdf())],
    )
    found = only_conversation(client)
    assert found.subject == "Lettre de sortie"
    page = client.get(f"/messages/{found.id}/").content.decode()
    assert "<h1>Lettre de sortie</h1>" in page
    assert f'href="/documents/{document}/">Voir dans mes documents' in page
    assert "20260310_Lettre" not in page
    assert "<summary>Objet d’origine</summary><p>Lettre de liaison" in page


def test_a_letter_that_is_not_in_the_record_leads_nowhere(client, jeanne, now):
    cda = letter(jeanne, title="Lettre de sortie", days=0, now=now, body=pdf())
    write_to(jeanne, now=now, package=package_of(cda, now))
    page = client.get(f"/messages/{only_conversation(client).id}/").content.decode()
    assert "Lettre de sortie" in page
    assert "Voir dans mes documents" not in page


@pytest.mark.parametrize("index", [7, 99999])
def test_a_file_that_is_not_there_does_not_exist(client, jeanne, now, index):
    write_to(jeanne, now=now)
    view = client.get(f"/messages/{only_conversation(client).id}/").context["conversation"]
    assert client.get(f"/messages/piece/{view.messages[0].id}/{index}").status_code == 404


def test_the_list_asks_as_much_for_many_conversations_as_for_one(
    client, jeanne, now, django_assert_num_queries
):
    for number in range(4):
        write_to(jeanne, now=now, subject=f"Objet {number}")
    client.get("/messages/")
    with django_assert_num_queries(11):
        client.get("/messages/")


def test_a_conversation_asks_a_known_number_of_questions(
    client, jeanne, now, django_assert_num_queries
):
    write_to(jeanne, now=now)
    address = f"/messages/{only_conversation(client).id}/"
    client.get(address)
    with django_assert_num_queries(13):
        client.get(address)


def test_its_documents_cost_one_question_however_many(
    client, jeanne, now, django_assert_num_queries
):
    last = ""
    for number in range(3):
        cda = letter(jeanne, title=f"Lettre {number}", days=0, now=now, body=pdf())
        publish(jeanne, now=now, cda=cda)
        last = write_to(jeanne, now=now, package=package_of(cda, now), answers=last)
    address = f"/messages/{only_conversation(client).id}/"
    client.get(address)
    with django_assert_num_queries(14):
        client.get(address)
