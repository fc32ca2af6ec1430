"""Which spaces changed and were not followed yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_ways_foreign_keys"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="spacestatus",
            index=models.Index(
                condition=models.Q(("told_at__isnull", True)),
                fields=["since"],
                name="accounts_status_untold",
            ),
        ),
    ]
