"""Indexes that nothing looks into, or that another one begins with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0006_early_documents"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="inbound",
            name="inbound_by_control_id",
        ),
        migrations.RemoveConstraint(
            model_name="inbound",
            name="inbound_once",
        ),
        migrations.AddConstraint(
            model_name="inbound",
            constraint=models.UniqueConstraint(
                fields=("control_id", "application", "facility", "sha256"), name="inbound_once"
            ),
        ),
        migrations.RemoveIndex(
            model_name="document",
            name="document_latest",
        ),
        migrations.RemoveIndex(
            model_name="document",
            name="document_by_uid",
        ),
        migrations.RemoveIndex(
            model_name="document",
            name="document_by_set",
        ),
        migrations.AlterField(
            model_name="delivery",
            name="after",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="exchange.delivery",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="document",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="exchange.document",
            ),
        ),
        migrations.AlterField(
            model_name="deliveryevent",
            name="delivery",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="exchange.delivery",
            ),
        ),
        migrations.AlterField(
            model_name="document",
            name="correction",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="documents",
                to="exchange.correction",
            ),
        ),
        migrations.AlterField(
            model_name="document",
            name="target",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="successors",
                to="exchange.document",
            ),
        ),
        migrations.AlterField(
            model_name="opening",
            name="inbound",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="openings",
                to="exchange.inbound",
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                condition=models.Q(("target", None), _negated=True),
                fields=["target"],
                name="document_successors",
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                condition=models.Q(("correction", None), _negated=True),
                fields=["correction"],
                name="document_of_correction",
            ),
        ),
    ]
