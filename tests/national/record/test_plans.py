"""What is asked at each call is planned once: planning costs as much as running it."""

import pytest
from django.db import connection

from carnet.national.record import actions as record
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW

pytestmark = pytest.mark.django_db

#: PostgreSQL looks at so many plans for given values before it keeps one for all.
_TRIED = 5


#: Registered elsewhere: in an empty table every plan costs the same.
_MANY = """
INSERT INTO record_locator
SELECT '1.2.3.' || number, gen_random_uuid(), gen_random_uuid(), 'document', ''
  FROM generate_series(1, 20000) AS number
"""


def test_the_statements_of_a_publication_are_planned_once() -> None:
    _patient_id, ins = world.make_patient()
    with connection.cursor() as cursor:
        cursor.execute(_MANY)
        cursor.execute("ANALYZE record_locator")
    for _ in range(20):
        record.publish(HOSPITAL_SYSTEM, world.request(ins), patient=ins, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements")
        kept = {
            name: (planned, reused)
            for statement, planned, reused in cursor.fetchall()
            for name in ("record_locator WHERE", "INSERT INTO record_document")
            if name in statement
        }
    assert len(kept) == 2
    assert all(planned <= _TRIED and reused for planned, reused in kept.values()), kept
