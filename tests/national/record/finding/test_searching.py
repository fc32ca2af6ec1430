"""What is found, for whom, in which order."""

from datetime import date, timedelta

import pytest
from django.db import connection

from carnet.national.journal.actors import Citizen
from carnet.national.record.finding import searching
from carnet.national.record.finding.found import Order
from carnet.national.record.finding.searching import matching, search
from carnet.national.record.models import Record
from carnet.national.record.rules import AccessRefused
from tests.national import world
from tests.national.record.finding.letters import find, publish, titles
from tests.national.world import NOW


def test_a_word_of_the_text_is_found_with_its_passage(owner, read):
    publish(owner.ins, "Le scanner montre une fracture du radius.", title="Urgences")
    publish(owner.ins, "Tout va bien.", title="Consultation")
    assert read() == 2
    found = owner.find("fractures")
    assert [r.document.title for r in found.results] == ["Urgences"]
    (passage,) = found.results[0].passages
    assert "<mark>fracture</mark> du radius" in passage.html
    assert passage.page == 1
    assert found.total == 1


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Un œdème aigu du poumon.", "oedeme"),
        ("Insuffisance rénale", "RENALE"),
        ("Les artères rénales", "artère rénal"),
        ("Comptes rendus", "compte rendu"),
        ("Douleurs des genoux", "genou"),
        ("hypertension artérielle", "HTA"),
        ("HTA connue", "hypertension artérielle"),
        ("T.A. à 14/8", "tension artérielle"),
        ("TA 14/8", "ta"),
        ("Imagerie par résonance magnétique du genou", "IRM"),
        ("I.R.M. du genou", "irm"),
        ("Ferritine 30", "fer"),
        ("NFS normale", "prise de sang"),
        ("Vu le 12/03/2024", "12 mars 2024"),
        ("Vu le 12 mars 2024", "12/03/2024"),
        ("Vu le 12/03/2024", "mars 2024"),
        ("HbA1c 6,5 %", "6.5"),
        ("L’hyperthyroïdie", "hyperthyr"),
        ("Opération prévue", "operati"),
        ("Anti-inflammatoire", "anti inflammatoire"),
    ],
)
def test_a_document_is_found_by(owner, read, text, question):
    publish(owner.ins, text, title="Cherchée")
    publish(owner.ins, "Rien de cela.", title="Autre")
    read()
    found = owner.find(question)
    assert titles(found) == ["Cherchée"]
    assert any(marked for passage in found.results[0].passages for _t, marked in passage.pieces)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("genou droit", {"A", "B"}),
        ('"genou droit"', {"A"}),
        ("« genou droit »", {"A"}),
        ("genou -gauche", {"A"}),
        ('genou -"genou droit"', {"B"}),
        ("-genou", {"C"}),
        ("genou hanche", set()),
        ("le", {"A", "B", "C"}),
        ("", {"A", "B", "C"}),
        ("   ", {"A", "B", "C"}),
        ("!!! & | ' \\ :* <->", {"A", "B", "C"}),
        ("'; DROP TABLE record_indexed; --", set()),
        ('"', {"A", "B", "C"}),
        ("\x00genou\x00", {"A", "B"}),
        ("genou " * 500, {"A", "B"}),
    ],
)
def test_words_phrases_and_exclusions(owner, read, question, expected):
    publish(owner.ins, "Le genou droit est stable.", title="A")
    publish(owner.ins, "Le genou gauche, puis le côté droit.", title="B")
    publish(owner.ins, "Le poignet.", title="C")
    read()
    assert set(owner.titles(question)) == expected


def test_author_structure_and_type_are_words_too(owner, read):
    publish(owner.ins, "Rien.", title="Une lettre")
    read()
    for question in ("max libre", "CH de l'Exemple", "lettre de liaison", "une lettre"):
        assert owner.titles(question) == ["Une lettre"]


def test_a_title_weighs_more_than_a_word_and_the_most_recent_of_equals_is_first(owner, read):
    publish(owner.ins, "Une arthroscopie est prévue. " + "Le reste va bien. " * 20, title="Suivi")
    publish(owner.ins, "Sous anesthésie.", title="Arthroscopie", days=400)
    publish(owner.ins, "Sous anesthésie.", title="Arthroscopie ancienne", days=4000)
    read()
    assert owner.titles("arthroscopie") == ["Arthroscopie", "Arthroscopie ancienne", "Suivi"]
    assert owner.titles("arthroscopie", order=Order.DATE) == [
        "Suivi",
        "Arthroscopie",
        "Arthroscopie ancienne",
    ]


def test_pages_follow_each_other_and_lose_nothing(owner, read):
    for number in range(7):
        publish(owner.ins, f"Une entorse {number}.", title=f"N{number}", days=number)
    read()
    for order in Order:
        seen, after = [], ""
        while True:
            found = owner.find("entorse", order=order, after=after, limit=3)
            assert found.total == 7
            seen += titles(found)
            after = found.next_after
            if not after:
                break
        assert seen == owner.titles("entorse", order=order)
        assert len(set(seen)) == 7


@pytest.mark.parametrize("after", ["x", "~", "nan~x", "0x1.0p+9999~" + "0" * 36, "9" * 500])
def test_a_cursor_that_is_not_ours_is_the_first_page(owner, read, after):
    publish(owner.ins, "Une entorse.")
    read()
    assert owner.find("entorse", after=after).total == 1
    assert owner.find("entorse", after=after).results


def test_filters_and_facets_agree(owner, read):
    publish(owner.ins, "Une entorse.", title="Cette année", days=10)
    publish(owner.ins, "Une entorse.", title="Il y a longtemps", days=900)
    read()
    found = owner.find("entorse")
    years = {value.value: value.count for value in found.facets["period"]}
    assert years == {"2026": 1, "2023": 1}
    assert owner.titles("entorse", period="2023") == ["Il y a longtemps"]
    narrowed = owner.find("entorse", period="2023")
    assert {v.value: v.count for v in narrowed.facets["period"]} == years
    assert [v.count for v in narrowed.facets["author"]] == [1]
    first = (NOW - timedelta(days=30)).date()
    assert owner.titles("entorse", since=first) == ["Cette année"]
    assert owner.titles("entorse", until=first) == ["Il y a longtemps"]
    assert owner.titles("entorse", since=date(2020, 1, 1), until=date(2020, 1, 2)) == []
    assert owner.titles("entorse", author="Personne") == []


def test_the_last_word_of_a_whole_question_is_whole(owner, read):
    publish(owner.ins, "Une cardiomyopathie.")
    read()
    assert owner.find("cardiomyo").total == 1
    assert owner.find("cardiomyo ").total == 0
    assert matching(owner.actor, owner.patient_id, "cardiomyo", now=NOW) == ()
    assert len(matching(owner.actor, owner.patient_id, "cardiomyopathie", now=NOW)) == 1


def test_a_stranger_is_refused_and_it_is_written(owner, read):
    publish(owner.ins, "Une entorse.")
    read()
    stranger, _ins = world.make_patient()
    before = world.rows("journal_trace")
    with pytest.raises(AccessRefused):
        find(Citizen(stranger, stranger, "Autre"), owner.patient_id, "entorse")
    assert world.rows("journal_trace") == before + 1


def test_a_professional_searches_what_they_may_read_and_leaves_a_trace(owner, read):
    publish(owner.ins, "Une entorse secrète.", confidentiality=world.visibility("MASQUE_PS"))
    publish(owner.ins, "Une entorse connue.", title="Connue")
    read()
    with pytest.raises(AccessRefused):
        find(world.PHYSICIAN_READER, owner.patient_id, "entorse")
    world.authorise(owner.patient_id)
    before = world.rows("journal_trace")
    found = find(world.PHYSICIAN_READER, owner.patient_id, "entorse")
    assert titles(found) == ["Connue"]
    assert world.rows("journal_trace") == before + 1
    assert find(world.PHYSICIAN_READER, owner.patient_id, "secrete").total == 0


HIDDEN = ("INVISIBLE_PATIENT", "Zygomatique", "zygomatike")


def test_what_a_reader_may_not_open_changes_nothing_of_what_they_are_answered(owner, read):
    """Passages, counts, facets, beginnings, corrections, copies, unread: with and without it."""
    publish(owner.ins, "Une entorse. " * 60, title="Visible", days=3)
    publish(owner.ins, "Une fracture zygomatoque.", title="Autre", days=5)
    read()
    questions = ("entorse", "zygomatique", "zygomati", "zygomatikue", "entors", "", "-entorse")
    before = [owner.find(question) for question in questions]
    hidden = {"confidentiality": world.visibility("INVISIBLE_PATIENT")}
    publish(owner.ins, "Une entorse. " * 60, title="Visible", **hidden)
    publish(owner.ins, "Une fracture zygomatique.", title="Zygomatique", days=900, **hidden)
    assert [owner.find(question) for question in questions] == before
    read()
    assert [owner.find(question) for question in questions] == before


def test_no_search_gives_a_byte_of_another_record(owner, read):
    others = [world.make_patient() for _number in range(6)]
    for number, (_patient, ins) in enumerate(others):
        publish(ins, f"Une entorse étrangère numéro {number}.", title=f"Autre {number}")
    publish(owner.ins, "Une entorse à moi.", title="Mienne")
    read()
    for question in ("entorse", "entors", "étrangère", "", "-rien", "autre", "etrangère entorse"):
        for result in owner.find(question).results:
            assert result.document.title == "Mienne"
            assert "étrangère" not in str(result)
    assert owner.find("étrangere").suggestion is None
    assert Record.objects.count() == 7


def test_a_representative_does_not_find_what_is_hidden_from_them(owner, read):
    publish(
        owner.ins,
        "Une contraception.",
        confidentiality=world.visibility("INVISIBLE_REPRESENTANTS_LEGAUX"),
    )
    read()
    parent_id, _ins = world.make_patient()
    parent = Citizen(parent_id, parent_id, "Parent", frozenset({owner.patient_id}))
    assert owner.find("contraception").total == 1
    assert find(parent, owner.patient_id, "contraception").total == 0
    assert find(parent, owner.patient_id, "contracetion").suggestion is None


def test_a_fault_is_corrected_with_a_word_that_is_there(owner, read):
    publish(owner.ins, "Une échographie du foie.")
    read()
    suggestion = owner.find("ecographei du foie").suggestion
    assert suggestion is not None
    assert (suggestion.text, suggestion.count) == ("échographie du foie", 1)
    assert owner.find("xyzxyz").suggestion is None


def test_a_search_takes_as_many_statements_for_many_documents_as_for_few(
    owner, read, django_assert_num_queries
):
    publish(owner.ins, "Une entorse.")
    read()
    owner.find("entorse ")
    with django_assert_num_queries(4):
        owner.find("entorse ")
    for number in range(5):
        publish(owner.ins, f"Une entorse, numéro {number}.", days=number + 1)
    read()
    owner.find("entorse ")
    with django_assert_num_queries(4):
        search(owner.actor, owner.patient_id, "entorse ", now=NOW)


def test_beyond_the_likeliest_documents_all_are_found_and_a_title_still_comes_first(
    owner, read, monkeypatch
):
    monkeypatch.setattr(searching, "_WEIGHED", 2)
    publish(owner.ins, "Bilan.", title="Entorse de la cheville", days=2000)
    for number in range(5):
        publish(owner.ins, f"Une entorse {number}.", title=f"N{number}", days=number)
    read()
    assert owner.titles("entorse") == ["Entorse de la cheville", "N0", "N1", "N2", "N3", "N4"]
    first = owner.find("entorse", limit=3)
    rest = owner.find("entorse", limit=3, after=first.next_after)
    assert titles(first) + titles(rest) == owner.titles("entorse")


def test_the_index_of_the_words_answers_even_when_one_record_is_all_there_is(owner, read):
    publish(owner.ins, "Une entorse.")
    read()
    with connection.cursor() as cursor:
        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = 'record_matching'")
        assert cursor.fetchone() == (["enable_seqscan=off"],)


@pytest.mark.parametrize(
    ("text", "question", "marked"),
    [
        ("Un Œdème, puis une œdémateuse.", "oedème", ["Œdème"]),
        ("Vu le 12/03/2024 et en mars.", "mars 2024", ["12/03/2024", "mars"]),
        ("L’ÉCHOGRAPHIE et l'échographie", "echographie", ["ÉCHOGRAPHIE", "échographie"]),
        ("I.R.M. du genou droit", '"irm du genou"', ["I.R.M. du genou"]),
        ("Surirm irma irm", "irm", ["irm"]),
    ],
)
def test_what_is_looked_for_is_marked_as_it_is_written(owner, read, text, question, marked):
    publish(owner.ins, text, title="Cherchée")
    read()
    (result,) = owner.find(f"{question} ").results
    assert [t for passage in result.passages for t, mark in passage.pieces if mark] == marked
