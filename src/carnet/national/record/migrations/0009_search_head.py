"""The words of a document that are not its text, apart: which documents are likely is told by them."""

import django.contrib.postgres.search
from django.db import migrations, models

#: Long vectors stay out of the lines, which a search reads by thousands; it reads few vectors.
NARROW = "ALTER TABLE record_indexed RESET (toast_tuple_target)"
WIDE = "ALTER TABLE record_indexed SET (toast_tuple_target = 8160)"

#: Where all that is sought is, and nothing unwanted: the index of the words answers. Left to
#: itself, the planner looks into every vector of the table as soon as one record is most of it:
#: it does not count that each must be put together from where it is kept.
MATCHING = """
CREATE FUNCTION record_matching(sought tsquery, glimpsed tsquery, unwanted tsquery)
RETURNS TABLE (patient_id uuid, id uuid, fold uuid, type_label text, author text, structure text,
               specialty text, in_head boolean)
LANGUAGE sql STABLE ROWS 200 SET enable_seqscan = off AS $$
    SELECT line.patient_id, line.id, line.fold, line.type_label, line.author, line.structure,
           line.specialty, line.head @@ glimpsed
      FROM record_indexed line
     WHERE line.words @@ sought AND (numnode(unwanted) = 0 OR NOT line.words @@ unwanted)
$$
"""
NO_MATCHING = "DROP FUNCTION record_matching(tsquery, tsquery, tsquery)"


class Migration(migrations.Migration):
    """What is likely to be sought is told without reading whole vectors."""

    dependencies = [("record", "0008_contexts")]
    operations = [
        migrations.AddField(
            model_name="indexed",
            name="head",
            field=models.GeneratedField(
                expression=models.Func("words", models.Value("{a,b,c}"), function="ts_filter"),
                output_field=django.contrib.postgres.search.SearchVectorField(),
                db_persist=True,
            ),
        ),
        migrations.RunSQL(NARROW, WIDE),
        migrations.RunSQL(MATCHING, NO_MATCHING),
    ]
