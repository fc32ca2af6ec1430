"""Which document each file of a message is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Files received before have no title: they are shown by their names."""

    dependencies = [
        ("messaging", "0002_foreign_keys"),
    ]
    operations = [
        migrations.AddField(
            model_name="attachment",
            name=name,
            field=models.TextField(default=""),
        )
        for name in ("title", "unique_id")
    ]
