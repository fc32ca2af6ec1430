"""The same number in SQL and in Python: a list and an item agree."""

from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest
from django.db import connection

from carnet.national.journal.actors import Actor
from carnet.national.record import actions, law
from carnet.national.record.models import Document
from carnet.national.record.rules import (
    Act,
    Authorisation,
    DocumentFacts,
    RecordFacts,
    decide,
    every_document,
    facet_code,
    facet_sql,
    facet_values,
    facts_for,
    sight,
    visible,
    visible_sql,
)
from carnet.standards.xds.metadata import Code, Status
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER

pytestmark = pytest.mark.django_db

OPEN_TO_ALL = "11488-4^^2.16.840.1.113883.6.1"
OPEN_TO_NONE = "ATTEST-RESID^^1.2.250.1.213.1.1.4.12"
NURSE = replace(PHYSICIAN_READER, profession=Code("60", "1.2.250.1.71.1.2.7"), specialty=None)
SECRETARY = replace(
    PHYSICIAN_READER, profession=Code("SECRETARIAT_MEDICAL", "1.2.250.1.213.1.1.4.6")
)
READERS = [
    replace(reader, purpose=purpose, mode=mode)
    for reader, purpose, mode in product(
        (PHYSICIAN_READER, NURSE, SECRETARY),
        ("normal", "bris_de_glace", "centre_15"),
        ("DIRECTE", "INDIRECTE_RENFORCEE", "DELEGUEE"),
    )
]
RECORDS = [
    RecordFacts(True, authorisation, mt, False, False, masked)
    for authorisation, mt, masked in product(Authorisation, (True, False), (True, False))
]


def insert_every_document(patient_id: UUID) -> dict[UUID, Document]:
    """A line for each document that the rules tell apart, whoever reads it."""
    line = Document.objects.get(patient_id=patient_id)
    Document.objects.filter(patient_id=patient_id).delete()
    found = {}
    for place, facts in enumerate(every_document()):
        line.id = UUID(int=place + 1)
        line.unique_id = f"1.2.3.{place}"
        line.status = facts.status.name
        line.masked = facts.masked
        line.invisible_patient = facts.invisible_patient
        line.invisible_representatives = facts.invisible_representatives
        line.author_ids = [PHYSICIAN_READER.ps_idnat] if facts.own else ["899900000000"]
        line.structures = [world.SITE] if facts.kin else ["1690000001"]
        line.type_code = OPEN_TO_ALL if facts.listed else OPEN_TO_NONE
        line.save(force_insert=True)
        found[line.id] = Document.objects.get(patient_id=patient_id, id=line.id)
    return found


def facts_of(actor: Actor, line: Document) -> DocumentFacts:
    return facts_for(
        actor,
        DocumentFacts(
            Status[line.status],
            line.masked,
            line.invisible_patient,
            line.invisible_representatives,
        ),
        author_ids=frozenset(line.author_ids),
        structures=frozenset(line.structures),
        type_code=line.type_code,
        matrix=law.matrix(NOW),
    )


def test_the_filter_in_sql_is_the_decision() -> None:
    """Every document that the rules tell apart, asked by every caller in every state."""
    patient_id, ins = world.make_patient()
    actions.publish(HOSPITAL_SYSTEM, world.request(ins), patient=ins, now=NOW)
    lines = insert_every_document(patient_id)
    everybody: list[Actor] = [*READERS, HOSPITAL_SYSTEM, world.holder(patient_id)]
    for actor in everybody:
        expected = {id_: facts_of(actor, line) for id_, line in lines.items()}
        values = facet_values(actor, law.matrix(NOW))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, {facet_sql()} FROM record_document WHERE patient_id = %s",  # noqa: S608
                [*values, patient_id],
            )
            assert dict(cursor.fetchall()) == {
                id_: facet_code(facts) for id_, facts in expected.items()
            }
        for record, act in product(RECORDS, (Act.SEARCH, Act.LOOK_UP, Act.READ)):
            codes = visible(actor, act, patient_id, record)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id FROM record_document WHERE patient_id = %(patient)s"  # noqa: S608
                    f" AND {visible_sql(named=True)}",
                    {
                        "patient": patient_id,
                        **sight(actor, codes, law.matrix(NOW))._asdict(),
                    },
                )
                assert {id_ for (id_,) in cursor.fetchall()} == {
                    id_
                    for id_, facts in expected.items()
                    if decide(actor, act, patient_id, record, facts).allowed
                }


def test_only_a_proved_structure_makes_kin() -> None:
    line = Document(
        structures=[world.SITE], author_ids=[], type_code=OPEN_TO_ALL, status="APPROVED"
    )
    line.masked = line.invisible_patient = line.invisible_representatives = False
    assert facts_of(replace(PHYSICIAN_READER, mode="INDIRECTE_RENFORCEE"), line).kin
    assert not facts_of(PHYSICIAN_READER, line).kin


def test_a_reader_who_was_given_no_matrix_is_opened_nothing() -> None:
    assert facet_values(PHYSICIAN_READER).opened == "{}"
