"""The first tables of this room."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="InsLocator",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "matricule",
                        "oid",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("matricule", models.TextField()),
                ("oid", models.TextField()),
                ("patient_id", models.UUIDField()),
            ],
            options={
                "indexes": [models.Index(fields=["patient_id"], name="identity_ins_patient")],
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("patient_id", models.UUIDField(primary_key=True, serialize=False)),
                ("matricule", models.TextField()),
                ("oid", models.TextField()),
                ("birth_name", models.TextField()),
                ("birth_given_names", models.TextField()),
                ("first_given_name", models.TextField()),
                ("used_name", models.TextField(blank=True)),
                ("used_given_name", models.TextField(blank=True)),
                ("sex", models.TextField()),
                ("birth_date", models.TextField()),
                ("birth_place", models.TextField(blank=True)),
                ("registered_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sex__in", ["M", "F", "I"])), name="identity_person_sex"
                    )
                ],
            },
        ),
    ]
