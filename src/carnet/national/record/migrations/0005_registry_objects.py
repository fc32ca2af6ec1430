"""What ITI-18 answers of lots, associations and folders; versions of a document entry."""

from uuid import UUID

import django.contrib.postgres.fields
from django.db import migrations, models

from carnet.standards.ids import EntryUuid
from carnet.standards.xds.ebrim import association_fragment, submission_set_fragment
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Code,
    Status,
    SubmissionSet,
)

_LOTS = """
SELECT lot.patient_id, lot.id, lot.unique_id, lot.source_id, lot.content_type,
       lot.submission_time, lot.title, person.matricule || '^^^&' || person.oid || '&ISO^NH'
  FROM record_submissionset lot JOIN identity_person person USING (patient_id)
"""


def _urn(id_: UUID) -> str:
    return EntryUuid.of(id_)


def render(apps, schema_editor):
    """Give lots and associations of before the fragment of what was kept of them."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_LOTS)
        for patient, id_, unique_id, source, content, time, title, cx in cursor.fetchall():
            code, _, scheme = content.partition("^^")
            lot = SubmissionSet(
                _urn(id_),
                unique_id,
                source,
                cx,
                time,
                content_type=Code(code, scheme) if code else None,
                title=title,
                status=Status.APPROVED,
            )
            cursor.execute(
                "UPDATE record_submissionset SET fragment = %s WHERE patient_id = %s AND id = %s",
                [submission_set_fragment(lot), patient, id_],
            )
        associations = apps.get_model("record", "Association").objects
        for line in associations.all():
            link = Association(
                AssociationType(line.type),
                _urn(line.source_id),
                _urn(line.target_id),
                _urn(line.id),
                tuple((name, tuple(values)) for name, values in line.slots.items()),
                status=Status.APPROVED,
            )
            associations.filter(patient_id=line.patient_id, id=line.id).update(
                fragment=association_fragment(link)
            )


class Migration(migrations.Migration):
    """Folders; a fragment for each object; several versions of one document."""

    dependencies = [("record", "0004_administrative"), ("identity", "0002_foreign_keys")]
    operations = [
        migrations.CreateModel(
            name="Folder",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "patient_id",
                        "id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("patient_id", models.UUIDField()),
                ("id", models.UUIDField()),
                ("submission_set_id", models.UUIDField()),
                ("unique_id", models.TextField()),
                ("logical_id", models.UUIDField()),
                ("version", models.IntegerField()),
                ("status", models.TextField()),
                (
                    "codes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                ("last_update_time", models.TextField()),
                ("received_at", models.DateTimeField()),
                ("fragment", models.TextField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("patient_id", "unique_id", "version"),
                        name="record_folder_unique_id",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE record_folder ADD CONSTRAINT record_folder_set"
            " FOREIGN KEY (patient_id, submission_set_id)"
            " REFERENCES record_submissionset (patient_id, id)",
            "ALTER TABLE record_folder DROP CONSTRAINT record_folder_set",
        ),
        migrations.AddField("association", "status", models.TextField(db_default="APPROVED")),
        migrations.AddField("association", "fragment", models.TextField(db_default="")),
        migrations.AddField(
            "document",
            "reference_ids",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), db_default=models.Value("{}"), size=None
            ),
        ),
        migrations.AddField("document", "availability", models.TextField(db_default="")),
        migrations.AddField("document", "service_start_time", models.DateTimeField(null=True)),
        migrations.RunSQL(
            # Before this migration serviceStartTime was always said.
            "UPDATE record_document SET service_start_time = service_start",
            migrations.RunSQL.noop,
        ),
        migrations.AddField("submissionset", "status", models.TextField(db_default="APPROVED")),
        migrations.AddField(
            "submissionset",
            "author_persons",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), db_default=models.Value("{}"), size=None
            ),
        ),
        migrations.AddField("submissionset", "fragment", models.TextField(db_default="")),
        migrations.RunPython(render, migrations.RunPython.noop),
        # ALTER TABLE waits for no trigger of the lines that were just written.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveConstraint("document", "record_document_unique_id"),
        migrations.AddConstraint(
            "document",
            models.UniqueConstraint(
                fields=("patient_id", "unique_id", "version"), name="record_document_unique_id"
            ),
        ),
    ]
