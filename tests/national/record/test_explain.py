"""Why a reader may or may not, and what a profession would see."""

from dataclasses import replace
from uuid import UUID

import pytest
from django.utils import translation

from carnet.national.journal.actors import Professional
from carnet.national.journal.models import Trace
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.models import Document
from carnet.national.record.rules import AccessRefused, Act, Authorisation, Ground, Reason
from carnet.national.record.rules.chain import CHAIN
from carnet.national.record.sentences import GROUNDS, REASONS
from carnet.standards.ids import Ins
from carnet.standards.xds.metadata import Code
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER

pytestmark = pytest.mark.django_db

NURSE = Code("60", "1.2.250.1.71.1.2.7", "Infirmier")
AIDE = Code("35", "1.2.250.1.71.1.2.7", "Aide-soignant")
STRANGER = replace(PHYSICIAN_READER, ps_idnat="899900063523")


def publish(ins: Ins, *codes: str, type_code: str = "") -> UUID:
    published = record.publish(
        HOSPITAL_SYSTEM,
        world.request(ins, confidentiality=world.visibility(*codes)),
        patient=ins,
        now=NOW,
    )
    id_ = UUID(next(iter(published.entry_uuids.values())))
    if type_code:
        Document.objects.filter(id=id_).update(type_code=type_code)
    return id_


def outcomes(found: queries.Explanation) -> dict[str, str]:
    return {step.name: step.outcome for step in found.steps}


def test_every_reason_and_ground_is_told_in_both_languages_and_has_one_place() -> None:
    assert set(REASONS) == set(Reason)
    assert set(GROUNDS) == set(Ground)
    places = [reason for _name, reasons in CHAIN for reason in reasons]
    assert sorted(places) == sorted(Reason)
    for words in (*REASONS.values(), *GROUNDS.values()):
        for sentence in (words.patient, words.professional):
            french = str(sentence)
            with translation.override("en"):
                assert str(sentence) != french


def test_the_holder_learns_why_a_professional_does_not_read() -> None:
    patient_id, ins = world.make_patient()
    masked = publish(ins, "MASQUE_PS")
    holder = world.holder(patient_id)
    found = queries.explain(holder, patient_id, STRANGER, document_id=masked, now=NOW)
    assert found.decision.reasons == (Reason.NOT_AUTHORISED,)
    assert outcomes(found)["consent"] == "refused"
    assert outcomes(found)["confidentiality"] == "not_reached"
    world.authorise(patient_id, STRANGER)
    found = queries.explain(holder, patient_id, STRANGER, document_id=masked, now=NOW)
    assert outcomes(found)["consent"] == "passed"
    assert outcomes(found)["confidentiality"] == "refused"
    assert found.for_patient == ("Le document est masqué aux professionnels.",)
    assert (found.policy, found.cell) == ("2025-initial-consent", "oui")


def test_an_allowed_access_is_explained_by_what_it_rests_on() -> None:
    """R-132."""
    patient_id, ins = world.make_patient()
    world.authorise(patient_id, STRANGER)
    found = queries.explain(
        world.holder(patient_id), patient_id, STRANGER, document_id=publish(ins), now=NOW
    )
    assert found.decision.grounds == (Ground.AUTHORISED,)
    assert set(outcomes(found).values()) == {"passed"}


def test_a_professional_asks_about_themselves_alone_and_it_is_written() -> None:
    patient_id, ins = world.make_patient()
    hidden = publish(ins, "MASQUE_PS")
    found = queries.explain(STRANGER, patient_id, STRANGER, now=NOW)
    assert found.for_professional == (
        "Demandez au patient son accord, puis déclarez-vous autorisé.",
    )
    assert Trace.objects.get(action="access.explained").outcome == "allowed"
    with pytest.raises(AccessRefused):
        queries.explain(STRANGER, patient_id, PHYSICIAN_READER, now=NOW)
    assert Trace.objects.filter(action="access.explained", outcome="refused").count() == 1
    world.authorise(patient_id, STRANGER)
    with pytest.raises(queries.DocumentNotFound):
        queries.explain(STRANGER, patient_id, STRANGER, document_id=hidden, now=NOW)


def test_what_the_holder_does_not_see_is_explained_to_nobody() -> None:
    patient_id, ins = world.make_patient()
    hidden = publish(ins, "INVISIBLE_PATIENT")
    with pytest.raises(queries.DocumentNotFound):
        queries.explain(world.holder(patient_id), patient_id, STRANGER, document_id=hidden, now=NOW)


def test_another_citizen_learns_nothing() -> None:
    patient_id, ins = world.make_patient()
    other_id, _other = world.make_patient()
    publish(ins)
    with pytest.raises(AccessRefused):
        queries.explain(world.holder(other_id), patient_id, STRANGER, now=NOW)
    with pytest.raises(AccessRefused):
        queries.preview(world.holder(other_id), patient_id, NURSE, now=NOW)
    refusals = Trace.objects.filter(patient_id=patient_id, action="access.explained")
    assert [each.reasons for each in refusals] == [["unknown_caller"]] * 2


def test_an_explanation_is_the_decision_of_the_doors() -> None:
    patient_id, ins = world.make_patient()
    publish(ins)
    record.authorise(world.TESTS, patient_id, STRANGER.ps_idnat, Authorisation.BLOCKED, now=NOW)
    found = queries.explain(world.holder(patient_id), patient_id, STRANGER, act=Act.SEARCH, now=NOW)
    assert found.decision.reasons == (Reason.BLOCKED,)


def test_a_reader_comes_from_the_directory() -> None:
    world.make_hospital()
    reader = queries.known_reader("899900063480")
    assert isinstance(reader, Professional)
    assert (reader.structure, reader.profession.code) == (world.SITE, "10")
    with pytest.raises(LookupError):
        queries.known_reader("899999999999")


def test_the_holder_sees_as_a_nurse_would() -> None:
    patient_id, ins = world.make_patient()
    plain, masked = publish(ins), publish(ins, "MASQUE_PS")
    closed = publish(ins, type_code="89601-9^^2.16.840.1.113883.6.1")
    publish(ins, "INVISIBLE_PATIENT")
    holder = world.holder(patient_id)
    found = queries.preview(holder, patient_id, NURSE, now=NOW)
    seen = {each.summary.id: each.decision for each in found.documents}
    assert (found.readable, found.total) == (1, 3)
    assert seen[plain].allowed
    assert seen[masked].reasons == (Reason.MASKED,)
    assert seen[closed].reasons == (Reason.OUTSIDE_MATRIX,)
    assert queries.preview(holder, patient_id, AIDE, now=NOW).readable == 0
    assert queries.preview(holder, patient_id, NURSE, consented=False, now=NOW).readable == 0


def test_the_holder_sees_as_their_medecin_traitant_or_the_15_would() -> None:
    patient_id, ins = world.make_patient()
    publish(ins, "MASQUE_PS")
    holder, physician = world.holder(patient_id), world.PHYSICIAN

    def readable(**how: object) -> int:
        return queries.preview(holder, patient_id, physician, now=NOW, **how).readable  # type: ignore[arg-type]

    assert readable() == 0
    assert readable(is_medecin_traitant=True) == 1
    assert readable(purpose="centre_15") == 0
    record.set_choices(holder, patient_id, masked_in_emergency=True, now=NOW)
    assert readable(purpose="centre_15", consented=False) == 1
    record.set_choices(holder, patient_id, opposes_centre_15=True, now=NOW)
    assert readable(purpose="centre_15") == 0


def test_a_preview_goes_on_from_page_to_page() -> None:
    patient_id, ins = world.make_patient()
    expected = {publish(ins) for _place in range(5)}
    seen: list[UUID] = []
    before = ""
    while True:
        page = queries.preview(
            world.holder(patient_id), patient_id, NURSE, before=before, limit=2, now=NOW
        )
        seen += [each.summary.id for each in page.documents]
        before = page.next_before
        if not before:
            break
    assert len(seen) == len(expected)
    assert set(seen) == expected
