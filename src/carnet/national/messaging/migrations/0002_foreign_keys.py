"""Foreign keys that Django does not make for composite keys (DESIGN §4)."""

from django.db import migrations

#: table, name, columns, table referred to, its columns
KEYS = [
    (
        "messaging_conversation",
        "messaging_conversation_mailbox",
        "mailbox_id",
        "messaging_mailbox",
        "id",
    ),
    (
        "messaging_message",
        "messaging_message_conversation",
        "mailbox_id, conversation_id",
        "messaging_conversation",
        "mailbox_id, id",
    ),
    (
        "messaging_attachment",
        "messaging_attachment_message",
        "mailbox_id, message_id",
        "messaging_message",
        "mailbox_id, id",
    ),
    ("messaging_contact", "messaging_contact_mailbox", "mailbox_id", "messaging_mailbox", "id"),
]


class Migration(migrations.Migration):
    """All of a mailbox belongs to that mailbox."""

    dependencies = [
        ("messaging", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns})"
            f" REFERENCES {target} ({target_columns})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for table, name, columns, target, target_columns in KEYS
    ]
