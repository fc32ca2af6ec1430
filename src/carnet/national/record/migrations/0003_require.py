"""A function by which one statement can refuse itself, whole."""

from django.db import migrations


class Migration(migrations.Migration):
    """`record_require(false, …)` raises: the statement that holds it stores nothing."""

    dependencies = [("record", "0002_foreign_keys")]
    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION record_require(ok boolean, what text) RETURNS boolean
            LANGUAGE plpgsql AS $$
            BEGIN
                IF NOT ok THEN
                    RAISE EXCEPTION '%', what USING ERRCODE = 'serialization_failure';
                END IF;
                RETURN true;
            END $$
            """,
            "DROP FUNCTION record_require(boolean, text)",
        )
    ]
