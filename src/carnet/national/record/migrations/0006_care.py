"""Care teams, what the holder said of them, and documents to be shown on a day to come."""

from django.db import migrations, models

#: table, columns, table referred to, its columns
KEYS = [
    ("record_episode", "patient_id", "record_record", "patient_id"),
    ("record_teammember", "patient_id", "record_record", "patient_id"),
    ("record_teammember", "patient_id, episode_id", "record_episode", "patient_id, id"),
    ("record_organisationmember", "organisation", "record_organisation", "id"),
    ("record_release", "patient_id, document_id", "record_document", "patient_id, id"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("record", "0005_registry_objects"),
    ]

    operations = [
        migrations.CreateModel(
            name="Episode",
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
                ("member", models.TextField()),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("declared_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="OrganisationMember",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organisation",
                        "member",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organisation", models.TextField()),
                ("member", models.TextField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "patient_id",
                        "document_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("patient_id", models.UUIDField()),
                ("document_id", models.UUIDField()),
                ("due_at", models.DateTimeField()),
                ("set_by", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="TeamMember",
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
                ("legal_case", models.TextField()),
                ("member", models.TextField()),
                ("episode_id", models.UUIDField(null=True)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="record",
            name="team_consent",
            field=models.TextField(db_default="not_asked", default="not_asked"),
        ),
        migrations.AddField(
            model_name="record",
            name="team_consent_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(("team_consent__in", ["not_asked", "given", "refused"])),
                name="record_team_consent",
            ),
        ),
        migrations.AddConstraint(
            model_name="episode",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at__isnull", True)),
                fields=("patient_id", "member"),
                name="record_episode_open_once",
            ),
        ),
        migrations.AddIndex(
            model_name="organisationmember",
            index=models.Index(fields=["member"], name="record_organisation_member"),
        ),
        migrations.AddIndex(
            model_name="release",
            index=models.Index(fields=["due_at"], name="record_release_due"),
        ),
        migrations.AddConstraint(
            model_name="teammember",
            constraint=models.CheckConstraint(
                condition=models.Q(("legal_case__in", ["structure", "recognised", "organisation"])),
                name="record_teammember_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="teammember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("legal_case", "recognised")),
                fields=("patient_id", "member"),
                name="record_teammember_recognised_once",
            ),
        ),
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ADD FOREIGN KEY ({columns}) REFERENCES {target} ({others})",
                migrations.RunSQL.noop,
            )
            for table, columns, target, others in KEYS
        ),
    ]
