"""Foreign keys that Django does not make for a composite key."""

from django.db import migrations


class Migration(migrations.Migration):
    """An INS leads to a person that exists."""

    dependencies = [("identity", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """ALTER TABLE identity_inslocator ADD CONSTRAINT identity_inslocator_person
               FOREIGN KEY (patient_id) REFERENCES identity_person (patient_id)""",
            "ALTER TABLE identity_inslocator DROP CONSTRAINT identity_inslocator_person",
        )
    ]
