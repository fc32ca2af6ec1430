"""Patients of an affinity domain."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """By what their authority calls them: the id comes first, it is all that a message says."""

    dependencies = [("identity", "0004_insi")]
    operations = [
        migrations.CreateModel(
            name="DomainPatient",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "identifier",
                        "authority",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("identifier", models.TextField()),
                ("authority", models.TextField()),
                ("patient_id", models.UUIDField()),
                ("known_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["patient_id"], name="identity_domain_patient")]
            },
        ),
    ]
