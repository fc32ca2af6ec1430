"""Failures fade, so they are no whole numbers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_statuses_to_follow"),
    ]

    operations = [
        migrations.AlterField(
            model_name="attempts",
            name="failures",
            field=models.FloatField(),
        ),
    ]
