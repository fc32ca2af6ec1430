"""Foreign keys that another index begins with have none of their own."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0002_vigilance"),
    ]

    operations = [
        migrations.AlterField(
            model_name="change",
            name="patient",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="patients.patient",
            ),
        ),
        migrations.AlterField(
            model_name="inquiry",
            name="patient",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="inquiries",
                to="patients.patient",
            ),
        ),
        migrations.AlterField(
            model_name="movement",
            name="patient",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="movements",
                to="patients.patient",
            ),
        ),
        migrations.AlterField(
            model_name="proof",
            name="patient",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="proofs",
                to="patients.patient",
            ),
        ),
    ]
