"""The base of the INSi service: what persons were before, its test population, its batches."""

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0003_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("caller", models.TextField()),
                ("message_id", models.TextField()),
                ("deposited_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="BatchLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "batch_id",
                        "place",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("batch_id", models.UUIDField()),
                ("place", models.IntegerField()),
                ("reference", models.TextField()),
                ("question", models.JSONField()),
                ("code", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="FormerIns",
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
                ("matricule", models.TextField()),
                ("oid", models.TextField()),
                ("kind", models.TextField(blank=True)),
                ("since", models.TextField(blank=True)),
                ("until", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="FormerTraits",
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
                ("birth_name", models.TextField()),
                ("birth_given_names", models.TextField()),
                ("first_given_name", models.TextField()),
                ("sex", models.TextField()),
                ("birth_date", models.TextField()),
                ("birth_place", models.TextField(blank=True)),
                ("reason", models.TextField()),
                ("replaced_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Quota",
            fields=[
                ("caller", models.TextField(primary_key=True, serialize=False)),
                ("minute", models.DateTimeField()),
                ("calls", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Script",
            fields=[
                ("patient_id", models.UUIDField(primary_key=True, serialize=False)),
                ("names", models.TextField()),
                ("fault", models.TextField(blank=True)),
            ],
        ),
        migrations.AddField(
            model_name="person",
            name="birth_rank",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="person",
            name="deceased_on",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="person",
            name="insured_number",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddIndex(
            model_name="inslocator",
            index=models.Index(
                django.db.models.functions.text.Left("matricule", 13), name="identity_ins_number"
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                fields=["birth_name", "birth_date", "sex"], name="identity_person_traits"
            ),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("insured_number", ""), _negated=True),
                fields=["insured_number"],
                name="identity_person_insured",
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(
                condition=models.Q(("done_at", None)),
                fields=["deposited_at"],
                name="identity_batch_pending",
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(fields=["expires_at"], name="identity_batch_expiry"),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.UniqueConstraint(
                fields=("caller", "message_id"), name="identity_batch_message"
            ),
        ),
        migrations.AddIndex(
            model_name="batchline",
            index=models.Index(
                condition=models.Q(("code", "")),
                fields=["batch_id", "place"],
                name="identity_batchline_pending",
            ),
        ),
        migrations.AddConstraint(
            model_name="script",
            constraint=models.CheckConstraint(
                condition=models.Q(("names__in", ["list", "first", "both"])),
                name="identity_script_names",
            ),
        ),
        *(
            migrations.RunSQL(
                f"ALTER TABLE identity_{table} ADD CONSTRAINT identity_{table}_{to}"
                f" FOREIGN KEY ({column}) REFERENCES identity_{to} ({key}) {more}",
                f"ALTER TABLE identity_{table} DROP CONSTRAINT identity_{table}_{to}",
            )
            for table, to, column, key, more in (
                ("formerins", "person", "patient_id", "patient_id", ""),
                ("formertraits", "person", "patient_id", "patient_id", ""),
                ("script", "person", "patient_id", "patient_id", ""),
                ("batchline", "batch", "batch_id", "id", "ON DELETE CASCADE"),
            )
        ),
    ]
