"""Emptying the database after a test that commits, by the few tables that have lines.

Django empties them all, then fills content types and permissions again: some 150 tables with their
indexes, at each such test. Most have no line.

The journal stays: nobody empties it, its owner no more than another (`journal.migrations`). A test
counts what is written in its own patient's journal, or before and after.
"""

from functools import cache

from django.db import OperationalError, connection
from django.test import TransactionTestCase
from psycopg.errors import DeadlockDetected

#: Made by the migrations from the models: the same for every test.
_KEPT = frozenset({"django_content_type", "auth_permission"})


@cache
def _tables() -> tuple[str, ...]:
    known = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(sorted(set(known) - _KEPT))


def empty(_test: TransactionTestCase) -> None:
    """Leave no line; in the place of `TransactionTestCase._fixture_teardown`.

    A request that its test did not wait for may hold one table and want another: we try again.
    """
    for _try in range(3):
        try:
            return _empty()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    return _empty()


def _empty() -> None:
    quoted = {name: connection.ops.quote_name(name) for name in _tables()}
    asked = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {table})"  # noqa: S608 - our own names
        for name, table in quoted.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        filled = ", ".join(quoted[name] for (name,) in cursor.fetchall())
        if filled:
            cursor.execute(f"TRUNCATE {filled} CASCADE")
