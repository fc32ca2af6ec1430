import pytest
from django.test import Client
from django.utils import timezone

from carnet.national.accounts import actions as accounts
from carnet.national.accounts.models import Account, SpaceStatus
from tests.national.doors.space.entering import card_of, code_mailed, enter, mailed, text
from tests.national.doors.space.lives import LOADER, PASSWORD, live

NEW = "cinq autres mots bien longs"
PERSON = {"given_name": "Jeanne", "birth_date": "1944-03-02"}


@pytest.fixture
def newcomer(db, now):
    """Somebody with a record and a card, and no account yet."""
    life = live("jeanne", now=now)
    Account.objects.filter(id=life.account_id).delete()
    SpaceStatus.objects.filter(patient_id=life.patient_id).delete()
    return life


@pytest.fixture
def card(newcomer):
    return {**card_of(newcomer, email="jeanne@courriel.invalid"), **PERSON}


def invited(newcomer):
    return accounts.invite(LOADER, newcomer.patient_id, "letter", now=timezone.now())


def test_a_space_is_activated_from_the_code_to_the_home_page(newcomer, card):
    client = Client()
    answer = client.post("/activation/", {"code": invited(newcomer), **card})
    assert answer["Location"] == "/activation/choix/"
    choice = {"login": "jeannette", "password": NEW, "email": "j@courriel.invalid"}
    assert client.post("/activation/choix/", choice)["Location"] == "/activation/adresse/"
    assert NEW not in str(dict(client.session))
    answer = client.post("/activation/adresse/", {"code": code_mailed()})
    assert answer["Location"] == "/"
    assert "Bonjour Jeanne" in text(client.get("/"))
    assert enter(Client(), "jeannette", NEW)["Location"] == "/"


def test_no_step_is_skipped(newcomer, card):
    client = Client()
    for address in ("/activation/choix/", "/activation/adresse/"):
        assert client.get(address)["Location"] == "/activation/"
    client.post("/activation/", {"code": invited(newcomer), **card})
    assert client.get("/activation/adresse/")["Location"] == "/activation/"


def test_whatever_is_wrong_the_page_says_the_same(newcomer, card):
    code = invited(newcomer)
    wrongs = [
        {"code": "ABCD-EFGH-JKMN"},
        {"serial": "11111111"},
        {"given_name": "Jeannine"},
        {"birth_date": "1944-03-03"},
    ]
    pages = []
    for wrong in wrongs:
        answer = Client().post("/activation/", {"code": code, **card, **wrong})
        assert answer.status_code == 403
        pages.append("Ce code et cette carte ne vont pas ensemble." in text(answer))
    assert pages == [True] * len(wrongs)


def test_a_mistyped_card_is_told_beside_its_field(newcomer, card):
    answer = Client().post(
        "/activation/", {"code": "x", **card, "number": "2440331555017", "serial": "12"}
    )
    assert answer.status_code == 400
    assert "Un numéro de série n’a que des chiffres." in text(answer)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("password", "court", "trop court"),
        ("email", "nulle part", "Cette adresse n’a pas la bonne forme."),
        ("login", "lucie", "Cet identifiant est pris"),
    ],
)
@pytest.mark.usefixtures("stranger")
def test_a_choice_that_does_not_do_is_told(newcomer, card, field, value, said):
    client = Client()
    client.post("/activation/", {"code": invited(newcomer), **card})
    choice = {"login": "jeannette", "password": NEW, "email": "j@courriel.invalid"}
    answer = client.post("/activation/choix/", {**choice, field: value})
    assert answer.status_code == 400
    assert said in text(answer)


def test_asking_for_a_code_answers_the_same_to_everybody(newcomer, card):
    known = Client().post("/activation/code/", card)
    unknown = Client().post("/activation/code/", {**card, "serial": "11111111"})
    pages = [
        [line for line in text(page).splitlines() if "csrf" not in line]
        for page in (known, unknown)
    ]
    assert known.status_code == unknown.status_code == 200
    assert pages[0] == pages[1]
    assert [m.to for m in mailed()] == [["jeanne@courriel.invalid"]]


def test_a_space_already_activated_leads_to_signing_in(jeanne):
    code = invited(jeanne)
    answer = Client().post("/activation/", {"code": code, **card_of(jeanne), **PERSON})
    assert answer.status_code == 403
    assert "Cet espace est déjà activé." in text(answer)


def test_a_card_is_not_guessed_through_the_page(newcomer, card):
    guesses = [Client().post("/activation/", {"code": "x", **card}) for _ in range(6)]
    assert guesses[-1].status_code == 429


def test_an_opposition_gives_its_proof(newcomer, card):
    client = Client()
    assert client.get("/opposition/attestation/")["Location"] == "/opposition/"
    assert client.post("/opposition/", card)["Location"] == "/opposition/enregistree/"
    assert "Votre opposition est enregistrée" in text(client.get("/opposition/enregistree/"))
    proof = client.get("/opposition/attestation/")
    assert proof["Content-Type"] == "application/pdf"
    assert proof.content.startswith(b"%PDF")
    assert "attachment" in proof["Content-Disposition"]
    assert Client().get("/opposition/attestation/").status_code == 302


def test_an_opposition_to_an_open_space_and_a_wrong_card_get_the_same_page(jeanne):
    card = {**card_of(jeanne), **PERSON}
    activated = Client().post("/opposition/", card)
    wrong = Client().post("/opposition/", {**card, "serial": "11111111"})
    assert activated.status_code == wrong.status_code == 403
    assert "L’opposition n’a pas été enregistrée." in text(activated)


def test_an_account_is_found_again(jeanne):
    client = Client()
    typed = {"login": "jeanne", **card_of(jeanne)}
    assert client.post("/recuperation/", typed)["Location"] == "/recuperation/mot-de-passe/"
    assert jeanne.ins.matricule[:13] not in str(dict(client.session))
    answer = client.post("/recuperation/mot-de-passe/", {"code": code_mailed(), "new": NEW})
    assert answer["Location"] == "/connexion/?fin=retrouve"
    assert enter(Client(), "jeanne", PASSWORD).status_code == 403
    assert enter(Client(), "jeanne", NEW).status_code == 302


def test_recovery_shows_the_same_pages_to_who_is_nobody(jeanne):
    card = card_of(jeanne)
    for typed in ({"login": "personne", **card}, {"login": "jeanne", **card, "serial": "11111111"}):
        client = Client()
        answer = client.post("/recuperation/", typed)
        assert answer["Location"] == "/recuperation/mot-de-passe/"
        answer = client.post("/recuperation/mot-de-passe/", {"code": "123456", "new": NEW})
        assert answer.status_code == 403
        assert "Ce code n’est pas le bon" in text(answer)
    assert mailed() == []
