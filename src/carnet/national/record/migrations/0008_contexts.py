"""Contexts that have opened a page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One line for each, removed once the context is too old to be presented again."""

    dependencies = [("record", "0007_finding")]
    operations = [
        migrations.CreateModel(
            name="UsedContext",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("used_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["used_at"], name="record_usedcontext_at")],
            },
        ),
    ]
