"""Records of an affinity domain (profile `ihe`), beside those of persons."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A record belongs to a person or to a patient of the domain: no one foreign key says that."""

    dependencies = [("record", "0009_search_head"), ("identity", "0005_domain_patients")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE record_record DROP CONSTRAINT record_record_person",
            "ALTER TABLE record_record ADD CONSTRAINT record_record_person"
            " FOREIGN KEY (patient_id) REFERENCES identity_person (patient_id)",
        ),
        migrations.CreateModel(
            name="Place",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("patient_id", models.UUIDField()),
            ],
        ),
    ]
