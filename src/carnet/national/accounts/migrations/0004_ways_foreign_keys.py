"""Foreign keys of the tables that are about a person (DESIGN §4)."""

from django.db import migrations

#: table, name, column that holds a patient id
KEYS = [
    ("accounts_healthcard", "accounts_card_person", "patient_id"),
    ("accounts_invitation", "accounts_invitation_person", "patient_id"),
    ("accounts_spacestatus", "accounts_status_person", "patient_id"),
    ("accounts_mandate", "accounts_mandate_person", "patient_id"),
]


class Migration(migrations.Migration):
    """What belongs to a person belongs to one that exists."""

    dependencies = [
        ("accounts", "0003_ways_to_sign_in"),
        ("identity", "0002_foreign_keys"),
    ]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column})"
            " REFERENCES identity_person (patient_id)",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for table, name, column in KEYS
    ]
