"""The first tables of this room."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("login", models.CharField(max_length=150, unique=True)),
                ("patient_id", models.UUIDField(unique=True)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("mail_kinds", models.JSONField(default=dict)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SignInFailures",
            fields=[
                ("login", models.CharField(max_length=150, primary_key=True, serialize=False)),
                ("failures", models.IntegerField()),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Notification",
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
                ("key", models.TextField()),
                ("kind", models.TextField()),
                ("at", models.DateTimeField()),
                ("params", models.JSONField()),
                ("target_id", models.TextField(blank=True)),
                ("for_representatives", models.BooleanField(default=True)),
                ("correlation", models.TextField(blank=True)),
                ("read_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["patient_id", "-at"], name="accounts_notification_at")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("patient_id", "key"), name="accounts_notification_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Representation",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "child_patient_id",
                        "parent_patient_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("child_patient_id", models.UUIDField()),
                ("parent_patient_id", models.UUIDField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["parent_patient_id"], name="accounts_representation_parent"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Mail",
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
                ("not_before", models.DateTimeField()),
                ("attempts", models.IntegerField(default=0)),
                ("problem", models.TextField(blank=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["not_before"], name="accounts_mail_due")],
            },
        ),
    ]
