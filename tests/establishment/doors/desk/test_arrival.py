"""The arrival of a patient, page by page, and the work list of identity vigilance."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from carnet.establishment.clients.errors import Unavailable
from carnet.establishment.doors.desk import forms
from carnet.establishment.doors.desk.pages import arrival
from carnet.establishment.exchange import actions
from carnet.establishment.exchange.models import Feed
from carnet.establishment.patients import doubles
from carnet.establishment.patients.models import Alert, Inquiry, Merge, Patient, Proof
from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.ins import Traits, datamatrix
from tests.establishment.doors.desk.screens import text
from tests.establishment.insi import Scripted
from tests.establishment.messages import wire
from tests.establishment.people import NOW, OTHER_INS, QUALIFIED, adt, ipp

pytestmark = [pytest.mark.django_db, pytest.mark.urls("carnet.ops.urls_establishment")]

TRAITS = {
    "birth_name": "Pat-Trois",
    "first_given_name": "Dominique",
    "birth_date": "28031979",
    "sex": "F",
    "birth_place": "63220",
}
PAT = Traits.of("PAT-TROIS", "DOMINIQUE", "F", "19790328", given_names="DOMINIQUE")
SYMBOL = datamatrix.write(Ins("279035121518989", INS_NIR_TEST), PAT)


@pytest.fixture
def insi(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Scripted:
    """INSi, reached."""
    scripted = Scripted()
    settings.CARNET_INSI_URL = "https://localhost:1/lps"
    monkeypatch.setattr(arrival.insi, "client", lambda **_: scripted)
    return scripted


def post(desk: Client, page: str, /, *arguments: Any, **fields: Any) -> Any:
    return desk.post(reverse(f"desk:{page}", args=arguments), fields, follow=True)


def known() -> Patient:
    return Patient.objects.get(birth_name="PAT-TROIS")


def seen() -> str:
    return known().updated_at.isoformat()


def test_an_arrival_from_nobody_to_qualifiee(desk: Client, insi: Scripted) -> None:
    """R-034, R-092, R-229."""
    shown = text(post(desk, "arrival", birth_date="28/03/1979", name="pat"))
    assert "Personne de connu ici." in shown
    shown = text(post(desk, "arrival-new", **TRAITS))
    assert "Identité provisoire" in shown
    query = {
        "birth_name": "PAT-TROIS",
        "given_names": "DOMINIQUE",
        "sex": "F",
        "birth_date": "1979-03-28",
    }
    shown = text(post(desk, "insi", known().id, **query))
    assert "Accepter" in shown
    assert "279035121518989" not in shown
    post(desk, "decide", known().id, Inquiry.objects.get().id, decision="accept")
    assert known().status == "récupérée"
    page = post(desk, "prove", known().id, seen=seen(), origin="FRENCH", device="cni")
    assert "Identité qualifiée" in text(page)
    assert Proof.objects.get().actor == "Claire Martin (mot de passe)"
    drawn = desk.get(reverse("desk:symbol", args=[known().id]))
    assert drawn["Content-Type"] == "image/png"
    assert desk.get(reverse("desk:label", args=[known().id])).content.startswith(b"%PDF-")


@pytest.mark.parametrize("separator", ["\x1d", "<GS>", "^]"])
def test_what_a_reader_types_fills_the_form_and_proves_nothing(
    desk: Client, separator: str
) -> None:
    page = post(desk, "arrival", scan=SYMBOL.replace("\x1d", separator))
    assert 'value="PAT-TROIS"' in page.content.decode()
    assert "ce qu’il dit reste à prouver" in text(page)
    assert not Patient.objects.exists()


def test_a_symbol_finds_who_is_known(desk: Client) -> None:
    actions.receive("test", wire(adt("A28", QUALIFIED)), now=NOW)
    traits = Traits.of("CARRIERE", "LOUISE", "F", "19810412", given_names="LOUISE ANNE")
    assert QUALIFIED.ins is not None
    scan = datamatrix.write(QUALIFIED.ins, traits)
    assert "CARRIERE LOUISE" in text(post(desk, "arrival", scan=scan))


def test_a_symbol_is_read_from_a_file(desk: Client) -> None:
    actions.receive("test", wire(adt("A28", QUALIFIED)), now=NOW)
    patient = Patient.objects.get()
    printed = desk.get(reverse("desk:label", args=[patient.id])).content
    found = post(desk, "arrival", file=SimpleUploadedFile("etiquette.pdf", printed))
    assert "CARRIERE LOUISE" in text(found)


@pytest.mark.parametrize(
    "fields",
    [
        {"scan": "IS01 nonsense"},
        {"scan": "DC04FR00"},
        {"file": SimpleUploadedFile("x.pdf", b"%PDF-1.7 broken")},
        {"birth_date": "31/02/1979"},
        {"birth_date": "1979"},
        {"number": "279035121518900"},
        {"name": "PAT"},
        {"birth_date": "28/03/1979", "name": "P4T"},
        {},
    ],
)
def test_a_search_that_is_none_says_why(desk: Client, fields: dict[str, Any]) -> None:
    """EXI SI 01 to 03: a date and letters, or a number whose key is right; no name alone."""
    page = post(desk, "arrival", **fields)
    assert page.status_code == 400
    assert "field__error" in page.content.decode() or "notice--refused" in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"birth_date": "31/02/1979"}, "JJ/MM/AAAA"),
        ({"birth_name": "PAT3"}, "Seuls lettres"),
        ({"sex": ""}, "obligatoire"),
        ({"birth_place": "Nulle-Part-Sur-Rien"}, "Aucun lieu"),
        ({"given_names": "PAUL DOMINIQUE"}, "doit commencer la liste"),
    ],
)
def test_an_identity_that_is_not_well_typed_is_not_kept(
    desk: Client, changes: dict[str, str], said: str
) -> None:
    """EXI SI 04, 29: each trait has a field, and the first given name begins the list."""
    page = post(desk, "arrival-new", **{**TRAITS, **changes})
    assert page.status_code == 400
    assert said in text(page)
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    ("typed", "code"),
    [("Mazoires", "63220"), ("mazoires", "63220"), ("98765", "98765"), ("", "")],
)
def test_a_place_of_birth_is_a_name_or_a_code_known_or_not(
    desk: Client, typed: str, code: str
) -> None:
    """EXI SI 19: nothing stands for a place that was not told."""
    post(desk, "arrival-new", **{**TRAITS, "birth_place": typed})
    assert known().birth_place == code


def test_the_names_in_use_are_never_filled_by_themselves(desk: Client) -> None:
    """EXI SI 05 and 21."""
    post(desk, "arrival-new", **TRAITS)
    assert (known().used_name, known().used_given_name) == ("", "")


@pytest.mark.parametrize(
    ("typed", "hl7"),
    [("28/03/1979", "19790328"), ("00/07/1958", "195807"), ("00/00/1949", "1949")],
)
def test_a_date_may_lack_its_day(typed: str, hl7: str) -> None:
    born = forms.birth_date(typed)
    assert born is not None
    assert born.hl7 == hl7


def test_insi_that_fails_stops_nothing(desk: Client, insi: Scripted) -> None:
    post(desk, "arrival-new", **TRAITS)
    insi.failure = Unavailable("later", code="insi_102")
    page = post(
        desk,
        "insi",
        known().id,
        birth_name="PAT-TROIS",
        given_names="DOMINIQUE",
        sex="F",
        birth_date="1979-03-28",
    )
    assert "La venue continue" in text(page)
    assert known().status == "provisoire"


def test_a_card_asks_insi_too(desk: Client, insi: Scripted) -> None:
    lina = {**TRAITS, "birth_name": "BESSON", "first_given_name": "LINA"}
    post(desk, "arrival-new", **{**lina, "birth_date": "04/05/2021", "birth_place": "59606"})
    patient = Patient.objects.get()
    card = {"card": "2920959606101", "card_date": "2021-05-04", "rank": "1"}
    assert "Accepter" in text(post(desk, "insi", patient.id, **card))


def test_a_question_that_is_none_is_not_asked(desk: Client, insi: Scripted) -> None:
    post(desk, "arrival-new", **TRAITS)
    page = post(desk, "insi", known().id, birth_name="P4T", sex="F", birth_date="1979-03-28")
    assert "n’a pas sa forme" in text(page)
    assert insi.asked == []


def test_a_proof_on_an_identity_that_changed_is_refused(desk: Client) -> None:
    post(desk, "arrival-new", **TRAITS)
    before = seen()
    post(desk, "prove", known().id, seen=before, origin="FRENCH", device="cni")
    page = post(desk, "declare", known().id, seen=before, event="doubt")
    assert "Quelqu’un vient de changer" in text(page)
    assert known().attributes == []
    page = post(desk, "declare", known().id, seen=seen(), event="doubt")
    assert "Identité douteuse" in text(page)
    assert known().attributes == ["DOUT"]


def test_a_device_that_is_not_for_this_person_is_refused(desk: Client) -> None:
    post(desk, "arrival-new", **TRAITS)
    page = post(desk, "prove", known().id, seen=seen(), origin="OTHER", device="cni")
    assert "ne suffit pas" in text(page)
    assert "Choisir le dispositif" in text(post(desk, "prove", known().id, seen=seen()))


def test_traits_are_corrected(desk: Client) -> None:
    post(desk, "arrival-new", **TRAITS)
    assert desk.get(reverse("desk:traits", args=[known().id])).status_code == 200
    page = post(desk, "traits", known().id, seen=seen(), **{**TRAITS, "birth_name": "Pat-Quatre"})
    assert "PAT-QUATRE" in text(page)


def test_the_work_list_says_what_why_and_what_to_do(desk: Client) -> None:
    """R-227."""
    second = replace(QUALIFIED, local_ids=(ipp("IPP2"),), ins=None, reliability=("PROV",))
    third = replace(QUALIFIED, local_ids=(ipp("IPP3"),), ins=OTHER_INS)
    for number, patient in enumerate((QUALIFIED, second, third)):
        actions.receive("test", wire(adt("A28", patient, control_id=f"M{number}")), now=NOW)
    while doubles.compare_next(now=NOW):
        pass
    assert sorted(Alert.objects.values_list("kind", flat=True)) == [
        "duplicate",
        "duplicate",
        "homonym",
    ]
    shown = text(desk.get(reverse("desk:vigilance")))
    assert "Doublon possible" in shown
    assert "100 %" in shown
    assert "les fusionner" in shown
    homonym = Alert.objects.get(kind="homonym")
    post(desk, "distinct", homonym.id)
    assert {tuple(p.attributes) for p in Patient.objects.filter(pk__in=homonym.patients)} == {
        ("HOMA",)
    }
    pair = Alert.objects.filter(kind="duplicate").first()
    assert pair is not None
    page = desk.get(reverse("desk:merge", args=pair.patients))
    assert "Fusionner ces deux dossiers" in text(page)
    post(desk, "merge", *pair.patients)
    assert Patient.objects.filter(merged_into=None).count() == 2
    assert "Dossiers fusionnés ici" in text(
        desk.get(reverse("desk:patient", args=[pair.patients[0]]))
    )
    post(desk, "unmerge", Merge.objects.get().id)
    assert Patient.objects.filter(merged_into=None).count() == 3


def test_an_application_that_refused_is_told_again(desk: Client, settings: Any) -> None:
    settings.CARNET_PAM_SUBSCRIBERS = {"LABO": ("127.0.0.1", 1)}
    post(desk, "arrival-new", **TRAITS)
    Feed.objects.update(state="stuck", reason="subscriber", detail="unknown ward")
    assert "unknown ward" in text(desk.get(reverse("desk:vigilance")))
    post(desk, "resend", Feed.objects.get().id)
    assert Feed.objects.get().state == "ready"
