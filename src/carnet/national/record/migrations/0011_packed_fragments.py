"""The ebRIM of documents is packed with a dictionary (`record.fragments`)."""

from django.db import migrations, models

from carnet.national.record.fragments import pack, unpack

_TO_BYTES = """
DROP TRIGGER record_document_changed ON record_document;
ALTER TABLE record_document ALTER fragment TYPE bytea USING convert_to(fragment, 'UTF8');
"""
_TO_TEXT = """
ALTER TABLE record_document ALTER fragment TYPE text USING convert_from(fragment, 'UTF8');
"""
#: The type of a column that a trigger looks at cannot be changed.
_FOLLOW = """
CREATE TRIGGER record_document_changed AFTER UPDATE OF status, fragment ON record_document
    FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.fragment IS DISTINCT FROM NEW.fragment)
    EXECUTE FUNCTION record_ask_reading();
"""
_BATCH = 1000


def _each(apps, change):
    """Write every fragment as `change` makes it of its bytes and its status."""
    documents = apps.get_model("record", "Document").objects
    lines = documents.values_list("patient_id", "id", "fragment", "status")
    for patient_id, id_, fragment, status in lines.iterator(_BATCH):
        documents.filter(patient_id=patient_id, id=id_).update(
            fragment=change(bytes(fragment), status)
        )


def _pack(apps, _editor):
    _each(apps, lambda fragment, _status: pack(fragment.decode()))


def _unpack(apps, _editor):
    _each(apps, unpack)


class Migration(migrations.Migration):
    """6 kB of text, mostly out of line, become some hundreds of bytes in the line."""

    dependencies = [("record", "0010_affinity_domain")]
    operations = [
        migrations.RunSQL(
            _TO_BYTES,
            _TO_TEXT + _FOLLOW,
            state_operations=[
                migrations.AlterField("document", "fragment", models.BinaryField()),
            ],
        ),
        migrations.RunPython(_pack, _unpack),
        migrations.RunSQL(_FOLLOW, "DROP TRIGGER record_document_changed ON record_document"),
    ]
