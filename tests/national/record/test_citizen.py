"""The record as its holder and their representatives read it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from carnet.national.journal.actors import Citizen
from carnet.national.journal.queries import history
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.models import Document
from carnet.national.record.rules import AccessRefused
from carnet.standards.cda import level1
from carnet.standards.ids import Ins
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW
from tests.standards.cda.letters import PARIS, PDF

pytestmark = pytest.mark.django_db


def publish(ins: Ins, *codes: str, replaces: dict[str, str] | None = None, **letter: Any) -> UUID:
    request = world.request(
        ins,
        world.letter(ins, **letter),
        confidentiality=world.visibility(*codes),
        replaces=replaces,
    )
    done = record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=NOW)
    return UUID(next(iter(done.entry_uuids.values())))


@pytest.fixture
def person() -> tuple[UUID, Ins]:
    return world.make_patient()


def parent_of(patient_id: UUID) -> Citizen:
    parent, _ins = world.make_patient()
    return Citizen(parent, parent, "Parent", frozenset({patient_id}))


def stranger() -> Citizen:
    other, _ins = world.make_patient()
    return world.holder(other)


def test_a_line_of_the_list_is_in_plain_words(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    publish(ins)
    (line,) = queries.list_documents(world.holder(patient_id), patient_id).documents
    assert line.title == "Lettre de liaison à la sortie"
    assert line.category == "courriers"
    assert line.author_name == "Libre MAX"
    assert line.structure_name == "CH de l'Exemple"
    assert (line.status, line.is_new, line.is_masked) == ("current", True, False)


def test_what_is_not_yet_for_the_patient_is_not_there(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    hidden = publish(ins, "INVISIBLE_PATIENT")
    actor = world.holder(patient_id)
    found = queries.list_documents(actor, patient_id)
    assert (found.documents, found.total, found.categories) == ((), 0, ())
    assert queries.summary(actor, patient_id).documents == 0
    with pytest.raises(queries.DocumentNotFound):
        queries.document(actor, patient_id, hidden, now=NOW)
    with pytest.raises(queries.DocumentNotFound):
        queries.content(actor, patient_id, hidden, now=NOW)
    assert history(actor, patient_id, document_id=hidden) == []


def test_a_representative_does_not_see_what_the_minor_hides(person: tuple[UUID, Ins]) -> None:
    """R-023."""
    patient_id, ins = person
    hidden = publish(ins, "INVISIBLE_REPRESENTANTS_LEGAUX")
    shown = publish(ins)
    parent = parent_of(patient_id)
    assert [each.id for each in queries.list_documents(parent, patient_id).documents] == [shown]
    with pytest.raises(queries.DocumentNotFound):
        queries.content(parent, patient_id, hidden, now=NOW)
    assert history(parent, patient_id, document_id=hidden) == []
    assert queries.list_documents(world.holder(patient_id), patient_id).total == 2


def test_another_persons_record_is_refused_and_it_is_written(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    document = publish(ins)
    actor = stranger()
    for read in (
        lambda: queries.list_documents(actor, patient_id),
        lambda: queries.summary(actor, patient_id),
        lambda: queries.new_count(actor, patient_id),
        lambda: queries.document(actor, patient_id, document, now=NOW),
        lambda: queries.content(actor, patient_id, document, now=NOW),
    ):
        with pytest.raises(AccessRefused):
            read()
    assert history(world.holder(patient_id), patient_id)[0].outcome == "refused"


def test_opening_gives_the_bytes_leaves_a_trace_and_is_no_longer_new(
    person: tuple[UUID, Ins],
) -> None:
    patient_id, ins = person
    document = publish(ins)
    actor = world.holder(patient_id)
    assert queries.new_count(actor, patient_id) == 1
    opened = queries.content(actor, patient_id, document, now=NOW + timedelta(minutes=1))
    assert b"ClinicalDocument" in opened.data
    assert opened.filename == "20240304_lettre_de_liaison_a_la_sortie.xml"
    assert queries.new_count(actor, patient_id) == 0
    (trace, *_rest) = history(actor, patient_id)
    assert trace.sentence == "Vous avez ouvert le document « Lettre de liaison à la sortie »."


def test_the_page_of_a_document_says_all(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    document = publish(ins)
    view = queries.document(world.holder(patient_id), patient_id, document, now=NOW)
    assert view.summary.title == "Lettre de liaison à la sortie"
    assert view.legal_authenticator_name == "Libre MAX"
    assert view.facility_label
    assert view.practice_label
    assert [each.is_this_one for each in view.versions] == [True]


def test_versions_are_told_newest_first_and_the_list_shows_the_last(
    person: tuple[UUID, Ins],
) -> None:
    patient_id, ins = person
    actor = world.holder(patient_id)
    first = publish(ins)
    second = publish(ins, replaces={"Document00": f"urn:uuid:{first}"})
    third = publish(ins, replaces={"Document00": f"urn:uuid:{second}"})
    assert [each.id for each in queries.list_documents(actor, patient_id).documents] == [third]
    view = queries.document(actor, patient_id, first, now=NOW)
    assert [each.id for each in view.versions] == [third, second, first]
    assert [each.status for each in view.versions] == ["current", "replaced", "replaced"]


def test_the_list_goes_on_from_where_it_stopped(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    actor = world.holder(patient_id)
    made = [
        publish(ins, service_start=datetime(2024, 3, day, tzinfo=PARIS), encounter_start=None)
        for day in range(1, 6)
    ]
    seen: list[UUID] = []
    before = ""
    while True:
        page = queries.list_documents(actor, patient_id, before=before, limit=2)
        assert page.total == 5
        seen += [each.id for each in page.documents]
        before = page.next_before
        if not before:
            break
    assert seen == made[::-1]


def test_a_cursor_that_is_none_gives_the_first_page(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    publish(ins)
    actor = world.holder(patient_id)
    for before in ("x", f"2024-13-45~{uuid4()}", "'; --"):
        assert len(queries.list_documents(actor, patient_id, before=before).documents) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [("liaison", 1), ("LIAISON sortie", 1), ("a la", 1), ("MÀX", 1), ("absent", 0), ("%", 0)],
)
def test_words_are_searched_without_case_nor_accents(
    person: tuple[UUID, Ins], words: str, expected: int
) -> None:
    patient_id, ins = person
    publish(ins)
    found = queries.list_documents(world.holder(patient_id), patient_id, words=words)
    assert (len(found.documents), found.total) == (expected, expected)


def test_the_list_is_narrowed_by_category(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    publish(ins)
    publish(ins, code=level1.coded("type_codes", "11502-2"))
    actor = world.holder(patient_id)
    found = queries.list_documents(actor, patient_id, category="biologie")
    assert [each.category for each in found.documents] == ["biologie"]
    assert found.total == 1
    assert {each.code: each.count for each in found.categories} == {"courriers": 1, "biologie": 1}


def test_a_deleted_document_is_gone_for_its_patient(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    document = publish(ins, pdf=PDF)
    Document.objects.filter(patient_id=patient_id).update(status="DELETED")
    actor = world.holder(patient_id)
    assert queries.list_documents(actor, patient_id).documents == ()
    with pytest.raises(queries.DocumentNotFound):
        queries.content(actor, patient_id, document, now=NOW)


def test_the_list_takes_two_statements(
    person: tuple[UUID, Ins], django_assert_num_queries: Any
) -> None:
    patient_id, ins = person
    publish(ins)
    with django_assert_num_queries(2):
        queries.list_documents(world.holder(patient_id), patient_id)


def test_a_document_is_found_by_its_unique_id_by_those_who_may_open_it() -> None:
    patient_id, ins = world.make_patient()
    shown, hidden, secret = (
        publish(ins, *codes)
        for codes in ((), ("INVISIBLE_PATIENT",), ("INVISIBLE_REPRESENTANTS_LEGAUX",))
    )
    lines = Document.objects.filter(patient_id=patient_id)
    unique_ids = {line.id: line.unique_id for line in lines}
    asked = [*unique_ids.values(), "1.2.3"]

    def found(actor: Citizen) -> set[UUID]:
        return set(queries.documents_of(actor, patient_id, asked).values())

    parent = Citizen(uuid4(), uuid4(), "Parent", represents=frozenset({patient_id}))
    assert hidden not in found(world.holder(patient_id))
    assert found(world.holder(patient_id)) == {shown, secret}
    assert found(parent) == {shown}
    with pytest.raises(AccessRefused):
        queries.documents_of(world.holder(uuid4()), patient_id, asked)


def test_a_replaced_document_is_still_found_by_its_unique_id() -> None:
    patient_id, ins = world.make_patient()
    first = publish(ins)
    publish(ins, replaces={"Document00": f"urn:uuid:{first}"})
    unique_id = Document.objects.get(id=first).unique_id
    found = queries.documents_of(world.holder(patient_id), patient_id, [unique_id])
    assert found == {unique_id: first}
