"""The holder masks and hides documents: each choice is a version of the entry, none is lost."""

from __future__ import annotations

import pytest

from carnet.national.journal.models import Trace
from carnet.national.record import actions as record
from carnet.national.record.fragments import entry_of
from carnet.national.record.models import Association, Document
from carnet.national.record.rules import AccessRefused, Act
from tests.national import world
from tests.national.record.test_races_of_access import at_once
from tests.national.world import HOSPITAL_SYSTEM, NOW

pytestmark = pytest.mark.django_db(transaction=True)
CHOICES = (Act.MASK, Act.CONCEAL, Act.DISCLOSE, Act.UNMASK)


def published() -> Document:
    patient_id, ins = world.make_patient()
    record.publish(HOSPITAL_SYSTEM, world.request(ins), patient=ins, now=NOW)
    return Document.objects.get(patient_id=patient_id)


def change(document: Document, act: Act) -> bool:
    patient_id = document.patient_id
    holder = world.holder(patient_id)
    return record.change_visibility(holder, patient_id, document.id, act, now=NOW)


def versions(document: Document) -> list[Document]:
    return list(Document.objects.filter(patient_id=document.patient_id).order_by("version"))


def traces(document: Document, **wanted: str) -> int:
    return Trace.objects.filter(patient_id=document.patient_id, **wanted).count()


def test_each_choice_is_a_new_version_that_says_it_everywhere() -> None:
    """The columns, the codes and the ebRIM; the older version says who may see it, too."""
    document = published()
    assert [change(document, act) for act in CHOICES] == [True] * 4
    found = versions(document)
    assert [each.version for each in found] == [1, 2, 3, 4, 5]
    assert [each.status for each in found] == ["DEPRECATED"] * 4 + ["APPROVED"]
    codes = [
        {code.code for code in entry_of(each.fragment, each.status).confidentiality}
        for each in found
    ]
    masked, hidden = "MASQUE_PS", "INVISIBLE_REPRESENTANTS_LEGAUX"
    assert codes == [{"N"}, {"N", masked}, {"N", masked, hidden}, {"N", masked}, {"N"}]
    assert not any(each.masked or each.invisible_representatives for each in found)
    links = Association.objects.filter(patient_id=document.patient_id, target_id=found[4].id)
    assert [each.slots["PreviousVersion"] for each in links] == [["4"]]


def test_what_is_so_already_changes_nothing() -> None:
    document = published()
    assert [change(document, act) for act in (Act.UNMASK, Act.DISCLOSE)] == [False, False]
    assert len(versions(document)) == 1


def test_two_choices_at_once_are_both_kept() -> None:
    document = published()
    at_once(lambda: change(document, Act.MASK), lambda: change(document, Act.CONCEAL))
    last = versions(document)[-1]
    assert (last.version, last.masked, last.invisible_representatives) == (3, True, True)


def test_the_same_choice_at_once_is_made_once() -> None:
    document = published()
    at_once(*[lambda: change(document, Act.MASK)] * 3)
    assert len(versions(document)) == 2
    assert traces(document, action="document.masked") == 1


def test_another_citizen_is_refused_and_it_is_written() -> None:
    document = published()
    other_id, _ins = world.make_patient()
    for act in CHOICES:
        with pytest.raises(AccessRefused):
            record.change_visibility(
                world.holder(other_id), document.patient_id, document.id, act, now=NOW
            )
    assert traces(document, outcome="refused") == len(CHOICES)
    assert len(versions(document)) == 1
