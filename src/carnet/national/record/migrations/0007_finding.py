"""What a search reads: texts, words, vocabularies, and what is to be read."""

import django.contrib.postgres.search
import django.db.models.functions.datetime
from django.db import migrations, models

#: The stemmer of the French configuration without its list of stop words: « ta » is one, and is
#: also tension artérielle. Accents, plurals and abbreviations are undone before (standards.texts),
#: so that no extension is needed.
STEMMER = "CREATE TEXT SEARCH DICTIONARY record_french (TEMPLATE = snowball, LANGUAGE = french)"

#: Words of one patient lie side by side in the index, for their lexemes begin alike. A pending
#: list would be read by every search, of every record.
WORDS = """
CREATE INDEX record_indexed_words ON record_indexed USING gin (words) WITH (fastupdate = off);
ALTER TABLE record_indexed ALTER COLUMN words SET STORAGE EXTERNAL;
ALTER TABLE record_indexed SET (toast_tuple_target = 8160);
"""

#: Whoever changes a document, by whatever way: the index follows. A first version comes by
#: publication, which tells its own event.
FOLLOW = """
CREATE FUNCTION record_ask_reading() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO record_reading (patient_id, document_id) VALUES (NEW.patient_id, NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER record_document_changed AFTER UPDATE OF status, fragment ON record_document
    FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.fragment IS DISTINCT FROM NEW.fragment)
    EXECUTE FUNCTION record_ask_reading();
CREATE TRIGGER record_document_version AFTER INSERT ON record_document
    FOR EACH ROW WHEN (NEW.version > 1) EXECUTE FUNCTION record_ask_reading();
"""
NO_FOLLOW = """
DROP TRIGGER record_document_changed ON record_document;
DROP TRIGGER record_document_version ON record_document;
DROP FUNCTION record_ask_reading();
"""

#: What was published before this migration is read too.
ASK = """
INSERT INTO record_reading (patient_id, document_id)
SELECT patient_id, id FROM record_document WHERE status IN ('APPROVED', 'ARCHIVED')
"""


def key(*names):
    return (
        "pk",
        models.CompositePrimaryKey(
            *names, blank=True, editable=False, primary_key=True, serialize=False
        ),
    )


class Migration(migrations.Migration):
    """Documents are read after they are registered, and found by any word in them."""

    dependencies = [("record", "0006_care")]
    operations = [
        migrations.CreateModel(
            name="Reading",
            fields=[
                key("patient_id", "id"),
                ("patient_id", models.UUIDField()),
                (
                    "id",
                    models.UUIDField(db_default=models.Func(function="gen_random_uuid")),
                ),
                ("document_id", models.UUIDField()),
                (
                    "due_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("attempts", models.IntegerField(db_default=0)),
                ("problem", models.TextField(db_default="")),
            ],
            options={"indexes": [models.Index(fields=["due_at"], name="record_reading_due")]},
        ),
        migrations.CreateModel(
            name="Text",
            fields=[
                key("patient_id", "sha256"),
                ("patient_id", models.UUIDField()),
                ("sha256", models.TextField()),
                ("parts", models.JSONField()),
                ("state", models.TextField()),
                ("likeness", models.TextField()),
                ("revision", models.IntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["patient_id", "likeness"], name="record_text_likeness")
                ]
            },
        ),
        migrations.CreateModel(
            name="Indexed",
            fields=[
                key("patient_id", "id"),
                ("patient_id", models.UUIDField()),
                ("id", models.UUIDField()),
                ("sha256", models.TextField()),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                ("fold", models.UUIDField()),
                ("type_label", models.TextField()),
                ("author", models.TextField()),
                ("structure", models.TextField()),
                ("specialty", models.TextField()),
                ("revision", models.IntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["patient_id", "sha256"], name="record_indexed_sha256")
                ]
            },
        ),
        migrations.CreateModel(
            name="Vocabulary",
            fields=[
                ("patient_id", models.UUIDField(primary_key=True, serialize=False)),
                ("plain", models.TextField()),
                ("written", models.TextField()),
            ],
        ),
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_record FOREIGN KEY (patient_id)"
                " REFERENCES record_record (patient_id)",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_record",
            )
            for table in ("record_text", "record_indexed", "record_vocabulary")
        ),
        migrations.RunSQL(STEMMER, "DROP TEXT SEARCH DICTIONARY record_french"),
        migrations.RunSQL(WORDS, "DROP INDEX record_indexed_words"),
        migrations.RunSQL(FOLLOW, NO_FOLLOW),
        migrations.RunSQL(ASK, migrations.RunSQL.noop),
    ]
