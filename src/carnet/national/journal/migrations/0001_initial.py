"""The first tables of this room."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Trace",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "patient_id",
                        "at",
                        "id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("patient_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("id", models.UUIDField()),
                ("action", models.TextField()),
                ("outcome", models.TextField()),
                ("actor_kind", models.TextField()),
                ("actor_id", models.TextField()),
                ("actor_label", models.TextField()),
                ("structure", models.TextField()),
                ("purpose", models.TextField()),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                ("object_type", models.TextField()),
                ("object_id", models.TextField()),
                ("details", models.JSONField()),
                ("correlation", models.TextField()),
            ],
            options={
                "db_table": "journal_trace",
                "managed": False,
            },
        ),
    ]
