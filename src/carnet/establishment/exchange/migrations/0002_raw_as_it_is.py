"""Messages are kept as they came: compressing base64 costs much and saves little."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE exchange_inbound ALTER COLUMN raw SET STORAGE EXTERNAL;"
            "ALTER TABLE exchange_document ALTER COLUMN built SET STORAGE EXTERNAL;",
            migrations.RunSQL.noop,
        )
    ]
