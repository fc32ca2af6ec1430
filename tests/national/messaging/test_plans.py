"""What is asked for each message is planned once: planning costs as much as running it."""

import pytest
from django.db import connection

from carnet.national.messaging import actions
from tests.national import messages, world
from tests.national.messages import WARD
from tests.national.world import NOW

pytestmark = pytest.mark.django_db

#: PostgreSQL looks at so many plans for given values before it keeps one for all.
_TRIED = 5

#: Mailboxes of others: in an empty table every plan costs the same.
_MANY = """
INSERT INTO messaging_mailbox
       (id, address, domain, kind, label, structure, ps_idnat, status, opened_at)
SELECT gen_random_uuid(), number || '@x.fr', 'x.fr', 'PER', '', '', '', 'open', now()
  FROM generate_series(1, 20000) AS number
"""


def test_the_statements_of_a_message_are_planned_once() -> None:
    patient_id, ins = world.make_patient()
    actions.open_citizen_mailbox(world.TESTS, patient_id, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(_MANY)
        cursor.execute("ANALYZE messaging_mailbox")
    for _ in range(20):
        raw = messages.message(ins)
        actions.receive(raw, WARD.address, [messages.address(ins)], peer="CN=mail", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements")
        kept = {
            name: (planned, reused)
            for statement, planned, reused in cursor.fetchall()
            for name in ("messaging_mailbox box", "INSERT INTO messaging_message")
            if name in statement
        }
    assert len(kept) == 2
    assert all(planned <= _TRIED and reused for planned, reused in kept.values()), kept
