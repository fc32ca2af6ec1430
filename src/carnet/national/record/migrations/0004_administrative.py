"""What a record says of its holder beside the traits of the INS."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One line for each record that is not linked to Mon espace santé, or whose holder told more."""

    dependencies = [("record", "0003_require")]
    operations = [
        migrations.CreateModel(
            name="Administrative",
            fields=[
                ("patient_id", models.UUIDField(primary_key=True, serialize=False)),
                ("linked_to_mes", models.BooleanField(default=True)),
                ("prefix", models.TextField(blank=True)),
                ("telecoms", models.JSONField(default=list)),
                ("address", models.JSONField(default=dict)),
                ("changed_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(
            "ALTER TABLE record_administrative ADD CONSTRAINT record_administrative_record"
            " FOREIGN KEY (patient_id) REFERENCES record_record (patient_id)",
            "ALTER TABLE record_administrative DROP CONSTRAINT record_administrative_record",
        ),
        # TD0.4 asks by professional, whatever the patient.
        migrations.AddIndex(
            "authorisation",
            models.Index(fields=["ps_idnat"], name="record_authorisation_ps"),
        ),
    ]
