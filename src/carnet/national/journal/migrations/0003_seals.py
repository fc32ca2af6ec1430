"""Proof of the journal: lines are chained and signed, and nothing of it can be changed.

Sealing takes the lines in the order of their transactions (`tx`): once `pg_snapshot_xmin` has
passed a transaction, none of its lines can still appear, however late it commits and whatever
clock it went by. The act itself pays for one column and one index that grows at its end.

Against the role that runs the wing: every table, and each partition, refuses UPDATE, DELETE and
TRUNCATE by a trigger, and the right to them is taken from everybody, the owner included. Only the
owner could remove the triggers: where the wing runs as another role than the one that migrates
(docs/how-to/prove-the-journal.md) nothing it can say does. `journal_make_partitions` therefore
runs as its owner. With one role for both, what the owner might do is what the chain and the
roots deposited elsewhere reveal.

`journal_day` and `journal_progress` are about no patient: small, on every node.
"""

from django.db import migrations

TABLES = """
ALTER TABLE journal_trace ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX journal_trace_tx ON journal_trace (tx);

-- One line of a patient's chain: hash = SHA-256(hash of seq - 1 || SHA-256(canonical line)).
CREATE TABLE journal_seal (
    patient_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    at timestamptz NOT NULL,
    trace_id uuid NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    day date NOT NULL,
    PRIMARY KEY (patient_id, seq),
    UNIQUE (patient_id, trace_id)
);
CREATE INDEX journal_seal_day ON journal_seal USING brin (day);

-- The end of each chain that grew on a day: the leaves of the day's tree, in 256 buckets.
CREATE TABLE journal_head (
    patient_id uuid NOT NULL,
    day date NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (patient_id, day)
);
CREATE INDEX journal_head_bucket
    ON journal_head (day, (get_byte(uuid_send(patient_id), 15)), patient_id);

-- A day that is over: its root, signed. `buckets` are the 256 roots under it, end to end.
CREATE TABLE journal_day (
    day date PRIMARY KEY,
    number integer NOT NULL UNIQUE CHECK (number > 0),
    statement text NOT NULL,
    signature bytea NOT NULL,
    certificate text NOT NULL,
    buckets bytea NOT NULL CHECK (length(buckets) = 256 * 32)
);

-- How far sealing has come; its lock lets one worker seal at a time.
CREATE TABLE journal_progress (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    cluster text NOT NULL,
    horizon xid8 NOT NULL,
    day date NOT NULL
);
INSERT INTO journal_progress (cluster, horizon, day) VALUES ('', '0', '0001-01-01');

CREATE FUNCTION journal_protect(named regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = named AND tgname = 'journal_append_only'
    ) THEN
        EXECUTE format(
            'CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON %s
             FOR EACH ROW EXECUTE FUNCTION journal_refuse_change()', named);
    END IF;
    -- Unlike those of rows, this trigger does not come from the parent of a partition.
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = named AND tgname = 'journal_keep') THEN
        EXECUTE format(
            'CREATE TRIGGER journal_keep BEFORE TRUNCATE ON %s
             FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse_change()', named);
    END IF;
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM PUBLIC, CURRENT_USER', named);
END $$;

CREATE OR REPLACE FUNCTION journal_make_partitions(first date, months integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    month date;
    name text;
BEGIN
    FOR i IN 0 .. months - 1 LOOP
        month := (date_trunc('month', first) + make_interval(months => i))::date;
        name := 'journal_trace_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(quote_ident(name)) IS NOT NULL;
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS %I PARTITION OF journal_trace FOR VALUES FROM (%L) TO (%L)',
            name,
            month::text || ' 00:00:00+00',
            (month + interval '1 month')::date::text || ' 00:00:00+00'
        );
        PERFORM journal_protect(name::regclass);
    END LOOP;
END $$;

-- It runs as its owner: nobody's temporary table may stand for one of ours.
DO $$ BEGIN
    EXECUTE format(
        'ALTER FUNCTION journal_make_partitions(date, integer) SET search_path = %I, pg_temp',
        current_schema());
END $$;

SELECT journal_protect(relid) FROM pg_partition_tree('journal_trace');
SELECT journal_protect(named::regclass)
  FROM unnest(ARRAY['journal_seal', 'journal_head', 'journal_day']) AS named;
"""

NO_TABLES = """
DROP TABLE journal_progress, journal_day, journal_head, journal_seal;
ALTER TABLE journal_trace DROP COLUMN tx;
DROP FUNCTION journal_protect(regclass);
"""


class Migration(migrations.Migration):
    """What is already in the journal is sealed by the first passes."""

    dependencies = [("journal", "0002_table")]
    operations = [migrations.RunSQL(TABLES, NO_TABLES)]
