"""The first tables of this room."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Professional",
            fields=[
                ("ps_idnat", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("family_name", models.TextField()),
                ("given_name", models.TextField()),
                ("title", models.TextField(blank=True)),
                ("profession_code", models.TextField()),
                ("profession_system", models.TextField()),
                ("specialty_code", models.TextField(blank=True)),
                ("specialty_system", models.TextField(blank=True)),
                ("is_active", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="Structure",
            fields=[
                (
                    "struct_idnat",
                    models.CharField(max_length=20, primary_key=True, serialize=False),
                ),
                ("name", models.TextField()),
                ("kind", models.TextField()),
                ("sector", models.TextField(blank=True)),
                ("address", models.TextField(blank=True)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="establishments",
                        to="directory.structure",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Exercise",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("role", models.TextField(blank=True)),
                (
                    "professional",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="directory.professional"
                    ),
                ),
                (
                    "structure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="directory.structure"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("professional", "structure"), name="directory_exercise_once"
                    )
                ],
            },
        ),
    ]
