"""Codes, passkeys, trusted browsers, sessions; cards and invitations; carers; statuses."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_foreign_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempts",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("failures", models.IntegerField()),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, primary_key=True, serialize=False
                    ),
                ),
                ("secret_hash", models.TextField()),
                ("name", models.TextField()),
                ("trusted_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="HealthCard",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "number",
                        "serial",
                        "patient_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.TextField()),
                ("serial", models.TextField()),
                ("patient_id", models.UUIDField()),
                ("email", models.EmailField(blank=True, max_length=254)),
            ],
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("code_hash", models.TextField(primary_key=True, serialize=False)),
                ("patient_id", models.UUIDField()),
                ("channel", models.TextField()),
                ("sealed_code", models.BinaryField(null=True)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Mandate",
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
                ("carer_patient_id", models.UUIDField(null=True)),
                ("carer_birth_name", models.TextField()),
                ("carer_email", models.EmailField(max_length=254)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                ("code_hash", models.TextField()),
                ("invited_at", models.DateTimeField()),
                ("answer_before", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("until", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="OneTimeCode",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "purpose",
                        "subject",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("purpose", models.TextField()),
                ("subject", models.TextField()),
                ("code_hash", models.TextField()),
                ("expires_at", models.DateTimeField()),
                ("failures", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Passkey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, primary_key=True, serialize=False
                    ),
                ),
                ("credential_id", models.BinaryField(unique=True)),
                ("public_key", models.BinaryField()),
                ("sign_count", models.BigIntegerField()),
                ("name", models.TextField()),
                ("added_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SpaceSession",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, primary_key=True, serialize=False
                    ),
                ),
                ("method", models.TextField()),
                ("name", models.TextField()),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("proved_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SpaceStatus",
            fields=[
                ("patient_id", models.UUIDField(primary_key=True, serialize=False)),
                ("status", models.TextField()),
                ("since", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.DeleteModel(
            name="SignInFailures",
        ),
        migrations.AddField(
            model_name="account",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="account",
            name="france_connect_sub",
            field=models.TextField(null=True, unique=True),
        ),
        migrations.AddField(
            model_name="account",
            name="totp_secret",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="account",
            name="totp_step",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="mail",
            name="address",
            field=models.EmailField(blank=True, db_default="", max_length=254),
        ),
        migrations.AddField(
            model_name="mail",
            name="params",
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name="mail",
            name="account",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="device",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="devices",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="healthcard",
            index=models.Index(fields=["patient_id"], name="accounts_card_patient"),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(fields=["patient_id"], name="accounts_invitation_patient"),
        ),
        migrations.AddIndex(
            model_name="mandate",
            index=models.Index(fields=["carer_patient_id"], name="accounts_mandate_carer"),
        ),
        migrations.AddIndex(
            model_name="mandate",
            index=models.Index(fields=["code_hash"], name="accounts_mandate_hash"),
        ),
        migrations.AddConstraint(
            model_name="mandate",
            constraint=models.UniqueConstraint(
                fields=("patient_id", "code_hash"), name="accounts_mandate_code"
            ),
        ),
        migrations.AddField(
            model_name="passkey",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="passkeys",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="spacesession",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sessions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="spacesession",
            name="device",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, to="accounts.device"
            ),
        ),
        migrations.AddIndex(
            model_name="spacesession",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["account", "started_at"],
                name="accounts_session_open",
            ),
        ),
    ]
