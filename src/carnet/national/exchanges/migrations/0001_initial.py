"""The exchange log of a sandbox."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One table, pruned by age and by size."""

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Exchange",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("service", models.TextField()),
                ("action", models.TextField()),
                ("message_id", models.TextField()),
                ("caller", models.TextField()),
                ("status", models.IntegerField()),
                ("outcome", models.TextField()),
                ("milliseconds", models.FloatField()),
                ("correlation", models.TextField()),
                ("request_type", models.TextField()),
                ("request", models.BinaryField()),
                ("answer_type", models.TextField()),
                ("answer", models.BinaryField()),
                ("size", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["-at", "-id"], name="exchanges_exchange_at")],
            },
        ),
    ]
