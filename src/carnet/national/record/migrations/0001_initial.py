"""The first tables of this room."""

import django.contrib.postgres.fields
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="FirstAccess",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "patient_id",
                        "ps_idnat",
                        "scope",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("patient_id", models.UUIDField()),
                ("ps_idnat", models.TextField()),
                ("scope", models.TextField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Locator",
            fields=[
                ("unique_id", models.TextField(primary_key=True, serialize=False)),
                ("entry_uuid", models.UUIDField(unique=True)),
                ("patient_id", models.UUIDField()),
                ("kind", models.TextField()),
                ("digest", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Association",
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
                ("type", models.TextField()),
                ("source_id", models.UUIDField()),
                ("target_id", models.UUIDField()),
                ("slots", models.JSONField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["patient_id", "source_id"], name="record_association_source"
                    ),
                    models.Index(
                        fields=["patient_id", "target_id"], name="record_association_target"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Authorisation",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "patient_id",
                        "ps_idnat",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("patient_id", models.UUIDField()),
                ("ps_idnat", models.TextField()),
                ("state", models.TextField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["VALIDE", "INTERDIT"])),
                        name="record_authorisation_state",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Document",
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
                ("title", models.TextField()),
                ("type_code", models.TextField()),
                ("class_code", models.TextField()),
                ("category", models.TextField()),
                ("format_code", models.TextField()),
                ("facility_type", models.TextField()),
                ("practice_setting", models.TextField()),
                (
                    "confidentiality",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                (
                    "author_persons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                (
                    "author_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                (
                    "structures",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                ("words", models.TextField()),
                ("masked", models.BooleanField()),
                ("invisible_patient", models.BooleanField()),
                ("invisible_representatives", models.BooleanField()),
                ("from_patient", models.BooleanField()),
                ("replaces_id", models.UUIDField(null=True)),
                ("creation_time", models.DateTimeField()),
                ("service_start", models.DateTimeField()),
                ("service_stop", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField()),
                ("mime_type", models.TextField()),
                ("size", models.BigIntegerField()),
                ("sha1", models.TextField()),
                ("sha256", models.TextField()),
                ("opened_at", models.DateTimeField(null=True)),
                ("fragment", models.TextField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["patient_id", "-service_start"], name="record_document_service"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("patient_id", "unique_id"), name="record_document_unique_id"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Outbox",
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
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("kind", models.TextField()),
                ("payload", models.JSONField()),
                ("at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("attempts", models.IntegerField()),
                ("problem", models.TextField()),
                ("correlation", models.TextField()),
            ],
            options={
                "indexes": [models.Index(fields=["due_at"], name="record_outbox_due")],
            },
        ),
        migrations.CreateModel(
            name="Record",
            fields=[
                ("patient_id", models.UUIDField(primary_key=True, serialize=False)),
                ("status", models.TextField()),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("closing_reason", models.TextField(blank=True)),
                ("opposes_bris_de_glace", models.BooleanField(default=False)),
                ("opposes_centre_15", models.BooleanField(default=False)),
                ("masked_in_emergency", models.BooleanField(default=False)),
                ("medecin_traitant", models.TextField(blank=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["active", "terminated"])),
                        name="record_status",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SubmissionSet",
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
                ("unique_id", models.TextField()),
                ("source_id", models.TextField()),
                ("content_type", models.TextField()),
                ("submission_time", models.TextField()),
                ("sender_name", models.TextField()),
                ("sender_structure", models.TextField()),
                ("title", models.TextField()),
                ("digest", models.TextField()),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["patient_id", "-received_at"], name="record_set_received")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("patient_id", "unique_id"), name="record_submissionset_unique_id"
                    )
                ],
            },
        ),
    ]
