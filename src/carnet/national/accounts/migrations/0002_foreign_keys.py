"""Foreign keys that Django does not make for composite keys (DESIGN §4)."""

from django.db import migrations

#: table, name, columns, table referred to, its columns
KEYS = [
    ("accounts_account", "accounts_account_person", "patient_id", "identity_person", "patient_id"),
    (
        "accounts_representation",
        "accounts_representation_child",
        "child_patient_id",
        "identity_person",
        "patient_id",
    ),
    (
        "accounts_notification",
        "accounts_notification_person",
        "patient_id",
        "identity_person",
        "patient_id",
    ),
]


class Migration(migrations.Migration):
    """What belongs to a person belongs to one that exists."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("identity", "0002_foreign_keys"),
    ]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns})"
            f" REFERENCES {target} ({target_columns})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for table, name, columns, target, target_columns in KEYS
    ]
