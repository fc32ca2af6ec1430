"""The table of traces: partitioned by month, append-only."""

from django.db import migrations

TABLE = """
CREATE TABLE journal_trace (
    patient_id uuid NOT NULL,
    at timestamptz NOT NULL,
    id uuid NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('allowed', 'refused', 'failed')),
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    actor_label text NOT NULL,
    structure text NOT NULL,
    purpose text NOT NULL,
    reasons text[] NOT NULL,
    object_type text NOT NULL,
    object_id text NOT NULL,
    details jsonb NOT NULL,
    correlation text NOT NULL,
    PRIMARY KEY (patient_id, at, id)
) PARTITION BY RANGE (at);

CREATE TABLE journal_trace_default PARTITION OF journal_trace DEFAULT;

CREATE FUNCTION journal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal_trace
    FOR EACH ROW EXECUTE FUNCTION journal_refuse_change();
CREATE TRIGGER journal_keep BEFORE TRUNCATE ON journal_trace
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_change();

-- Makes the partitions of `months` months from the month of `first`; those that exist are kept.
CREATE FUNCTION journal_make_partitions(first date, months integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    month date;
BEGIN
    FOR i IN 0 .. months - 1 LOOP
        month := (date_trunc('month', first) + make_interval(months => i))::date;
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF journal_trace FOR VALUES FROM (%L) TO (%L)',
            'journal_trace_' || to_char(month, 'YYYY_MM'),
            month::text || ' 00:00:00+00',
            (month + interval '1 month')::date::text || ' 00:00:00+00'
        );
    END LOOP;
END $$;

SELECT journal_make_partitions((now() - interval '1 month')::date, 15);
"""

NO_TABLE = """
DROP TABLE journal_trace;
DROP FUNCTION journal_make_partitions(date, integer);
DROP FUNCTION journal_refuse_change();
"""


class Migration(migrations.Migration):
    """Runs once; months to come are made by the worker (journal.tasks)."""

    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunSQL(TABLE, NO_TABLE)]
