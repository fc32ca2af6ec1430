"""INSi of the demonstration knows its scripted population and the citizens of the region."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from carnet.national.identity.insi import search
from carnet.national.journal.actors import System
from carnet.ops.region import national
from carnet.ops.region.people import population
from carnet.standards.ins import BirthDate, Sex
from carnet.standards.ins.insi import TraitsQuery, answer, scripted_population, scripted_questions
from carnet.standards.ins.insi.faults import KNOWN

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.django_db
def test_the_region_answers_about_all_its_people() -> None:
    national.load(NOW)
    asker = System("tests")
    for scripted in scripted_questions():
        if scripted.code not in KNOWN:
            expected = answer(scripted.query, scripted_population())
            assert search.ask(asker, scripted.query, now=NOW) == expected, scripted.case
    jeanne = population()[0]
    query = TraitsQuery(
        jeanne.birth_name,
        jeanne.given_names[:1],
        Sex(jeanne.sex),
        BirthDate.parse(f"{jeanne.birth_date:%Y%m%d}"),
    )
    found = search.ask(asker, query, now=NOW)
    assert found.individual is not None
    assert found.individual.active.ins == jeanne.ins
