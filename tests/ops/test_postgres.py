import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_test_database_speaks_utf8_and_orders_by_code_point():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding) FROM pg_database"
            " WHERE datname = current_database()"
        )
        assert cursor.fetchone() == ("b", "C.UTF-8", "UTF8")
