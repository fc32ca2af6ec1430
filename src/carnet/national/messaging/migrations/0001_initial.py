"""The first tables of this room."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "mailbox_id",
                        "message_id",
                        "place",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("mailbox_id", models.UUIDField()),
                ("message_id", models.UUIDField()),
                ("place", models.IntegerField()),
                ("filename", models.TextField()),
                ("media_type", models.TextField()),
                ("size", models.BigIntegerField()),
                ("is_document", models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "mailbox_id",
                        "address",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("mailbox_id", models.UUIDField()),
                ("address", models.TextField()),
                ("label", models.TextField()),
                ("state", models.TextField()),
                ("changed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Conversation",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "mailbox_id",
                        "id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("mailbox_id", models.UUIDField()),
                ("id", models.UUIDField()),
                ("subject", models.TextField()),
                ("correspondent_address", models.TextField()),
                ("correspondent_label", models.TextField()),
                ("last_at", models.DateTimeField()),
                ("messages", models.IntegerField()),
                ("unread", models.IntegerField()),
                ("has_attachments", models.BooleanField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["mailbox_id", "-last_at", "-id"], name="messaging_conversation_at"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Mailbox",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("address", models.TextField(unique=True)),
                ("domain", models.TextField(db_index=True)),
                ("kind", models.TextField()),
                ("label", models.TextField(blank=True)),
                ("structure", models.TextField(blank=True)),
                ("ps_idnat", models.TextField(blank=True)),
                ("status", models.TextField(default="open")),
                ("opened_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["CITIZEN", "PER", "ORG", "APP"])),
                        name="messaging_mailbox_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["open", "closed"])),
                        name="messaging_mailbox_status",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "mailbox_id",
                        "id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("mailbox_id", models.UUIDField()),
                ("id", models.UUIDField()),
                ("conversation_id", models.UUIDField()),
                ("message_id", models.TextField()),
                ("in_reply_to", models.TextField(blank=True)),
                ("sent_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("sender_address", models.TextField()),
                ("sender_label", models.TextField()),
                ("reply_address", models.TextField()),
                ("subject", models.TextField()),
                ("subject_shown", models.TextField()),
                ("body", models.TextField()),
                ("reply_blocked", models.BooleanField()),
                ("receipt_address", models.TextField(blank=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("raw_sha256", models.TextField()),
                ("raw_size", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["mailbox_id", "conversation_id"],
                        name="messaging_message_conversation",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("mailbox_id", "message_id"), name="messaging_message_once"
                    )
                ],
            },
        ),
    ]
