"""Foreign keys that Django does not make for composite keys (DESIGN §4)."""

from django.db import migrations

#: table, name, columns, table referred to, its columns
KEYS = [
    ("record_record", "record_record_person", "patient_id", "identity_person", "patient_id"),
    (
        "record_submissionset",
        "record_submissionset_record",
        "patient_id",
        "record_record",
        "patient_id",
    ),
    (
        "record_document",
        "record_document_set",
        "patient_id, submission_set_id",
        "record_submissionset",
        "patient_id, id",
    ),
    (
        "record_document",
        "record_document_replaces",
        "patient_id, replaces_id",
        "record_document",
        "patient_id, id",
    ),
    (
        "record_association",
        "record_association_set",
        "patient_id, submission_set_id",
        "record_submissionset",
        "patient_id, id",
    ),
    (
        "record_authorisation",
        "record_authorisation_record",
        "patient_id",
        "record_record",
        "patient_id",
    ),
    (
        "record_firstaccess",
        "record_firstaccess_record",
        "patient_id",
        "record_record",
        "patient_id",
    ),
]


class Migration(migrations.Migration):
    """All of a record belongs to that record."""

    dependencies = [
        ("record", "0001_initial"),
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
