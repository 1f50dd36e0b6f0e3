"""The ledger refuses, not the code: balance, closed periods, late lines, changes, holes.

Source of the shapes: shared design notes on reliability; each guard has its test in
``tests/finance/test_ledger_guards.py``.
"""

from django.db import migrations

from apps.core.ledger_guards import append_only

TRANSACTION_COLUMNS = """
ALTER TABLE finance_journalentry ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE finance_journalline ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX finance_journalline_tx ON finance_journalline (tx)
  INCLUDE (company_id, period_id, account_id, amount);
ALTER TABLE finance_balancefold ADD COLUMN tx xid8 NOT NULL DEFAULT '0';
INSERT INTO finance_balancefold (id, folded_at) VALUES (1, now());
"""

# One SUM per entry at COMMIT; a trigger per line would be quadratic.
ENTRY_BALANCES = """
CREATE FUNCTION finance_entry_balances() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE lines int; difference numeric; currencies int;
BEGIN
  SELECT sum(n), sum(amount), count(*) FILTER (WHERE amount_currency IS DISTINCT FROM 0)
    INTO lines, difference, currencies
    FROM (SELECT currency_id, count(*) AS n, sum(amount) AS amount,
                 sum(amount_currency) AS amount_currency
            FROM finance_journalline WHERE entry_id = NEW.id GROUP BY currency_id) AS by_currency;
  IF coalesce(lines, 0) < 2 OR difference IS DISTINCT FROM 0 OR currencies > 0 THEN
    RAISE EXCEPTION 'entry % does not balance: % over % lines', NEW.number, difference, lines
      USING ERRCODE = '23514', CONSTRAINT = 'finance_entry_balances';
  END IF;
  IF NEW.sequence_number > 1 AND NOT EXISTS (
       SELECT 1 FROM finance_journalentry WHERE journal_id = NEW.journal_id
          AND fiscal_year_id = NEW.fiscal_year_id
          AND sequence_number = NEW.sequence_number - 1) THEN
    RAISE EXCEPTION 'entry % leaves a hole in its series', NEW.number
      USING ERRCODE = '23514', CONSTRAINT = 'finance_entry_contiguous';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON finance_journalentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finance_entry_balances();
"""

LINE_GUARD = """
CREATE FUNCTION finance_line_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM (SELECT DISTINCT entry_id, period_id, date FROM new_lines) AS n
              LEFT JOIN finance_journalentry e ON e.id = n.entry_id
             WHERE e.id IS NULL OR e.tx <> pg_current_xact_id()
                OR e.period_id <> n.period_id OR e.date <> n.date) THEN
    RAISE EXCEPTION 'a posted entry takes no more lines' USING ERRCODE = 'P0A01';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER line_guard AFTER INSERT ON finance_journalline
  REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION finance_line_guard();
"""

# FOR SHARE: a plain read would let an entry slip into a period that is being closed.
PERIOD_GUARD = """
CREATE FUNCTION finance_period_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found_state text;
BEGIN
  IF NEW.tx <> pg_current_xact_id() THEN
    RAISE EXCEPTION 'tx is not for the caller to choose' USING ERRCODE = 'P0A01';
  END IF;
  SELECT l.state INTO found_state
    FROM finance_journal j
    JOIN finance_period p ON p.id = NEW.period_id AND p.company_id = NEW.company_id
     AND p.fiscal_year_id = NEW.fiscal_year_id AND NEW.date BETWEEN p.starts_on AND p.ends_on
    JOIN finance_periodlock l ON l.period_id = p.id AND l.module = j.module
   WHERE j.id = NEW.journal_id FOR SHARE OF l;
  IF found_state IS NULL OR found_state = 'closed' THEN
    RAISE EXCEPTION 'period of % is closed or missing', NEW.date USING ERRCODE = 'P0A02';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER period_guard BEFORE INSERT ON finance_journalentry
  FOR EACH ROW EXECUTE FUNCTION finance_period_guard();
"""

# to_jsonb covers every column by introspection; nulls are stripped so that a column added later
# does not change the hash of older rows.
SEALING = """
CREATE FUNCTION finance_entry_content_hash(wanted bigint) RETURNS bytea
LANGUAGE sql STABLE SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
  SELECT sha256(convert_to(jsonb_build_object(
           'entry', jsonb_strip_nulls(to_jsonb(e)),
           'lines', (SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(l)) ORDER BY l.id)
                       FROM finance_journalline l WHERE l.entry_id = e.id))::text, 'UTF8'))
    FROM finance_journalentry e WHERE e.id = wanted
$$;
CREATE FUNCTION finance_seal_entries(wanted_company bigint, most int) RETURNS int
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  entry record; content bytea; chain bytea; sealed int := 0;
  last_journal bigint; last_year bigint; expected bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('finance_seal', wanted_company));
  FOR entry IN
    SELECT e.id, e.journal_id, e.fiscal_year_id, e.sequence_number
      FROM finance_journalentry e LEFT JOIN finance_ledgerseal s ON s.entry_id = e.id
     WHERE e.company_id = wanted_company AND s.id IS NULL
     ORDER BY e.journal_id, e.fiscal_year_id, e.sequence_number LIMIT most
  LOOP
    IF (entry.journal_id, entry.fiscal_year_id) IS DISTINCT FROM (last_journal, last_year) THEN
      last_journal := entry.journal_id; last_year := entry.fiscal_year_id;
      SELECT s.chain_hash, s.sequence_number INTO chain, expected FROM finance_ledgerseal s
       WHERE s.journal_id = last_journal AND s.fiscal_year_id = last_year
       ORDER BY s.sequence_number DESC LIMIT 1;
      expected := coalesce(expected, 0);
    END IF;
    CONTINUE WHEN entry.sequence_number <> expected + 1;
    content := finance_entry_content_hash(entry.id);
    chain := sha256(coalesce(chain, ''::bytea) || content);
    expected := entry.sequence_number;
    INSERT INTO finance_ledgerseal (company_id, entry_id, journal_id, fiscal_year_id,
                                    sequence_number, content_hash, chain_hash, sealed_at)
    VALUES (wanted_company, entry.id, entry.journal_id, entry.fiscal_year_id,
            entry.sequence_number, content, chain, now());
    sealed := sealed + 1;
  END LOOP;
  RETURN sealed;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0001_initial"), ("core", "0002_guards")]

    operations = [
        migrations.RunSQL(
            TRANSACTION_COLUMNS,
            """
            DELETE FROM finance_balancefold;
            ALTER TABLE finance_balancefold DROP COLUMN tx;
            ALTER TABLE finance_journalline DROP COLUMN tx;
            ALTER TABLE finance_journalentry DROP COLUMN tx;
            """,
        ),
        migrations.RunSQL(
            ENTRY_BALANCES,
            "DROP TRIGGER entry_balances ON finance_journalentry;"
            "DROP FUNCTION finance_entry_balances()",
        ),
        migrations.RunSQL(
            LINE_GUARD,
            "DROP TRIGGER line_guard ON finance_journalline; DROP FUNCTION finance_line_guard()",
        ),
        migrations.RunSQL(
            PERIOD_GUARD,
            "DROP TRIGGER period_guard ON finance_journalentry;"
            "DROP FUNCTION finance_period_guard()",
        ),
        migrations.RunSQL(
            SEALING,
            "DROP FUNCTION finance_seal_entries(bigint, int);"
            "DROP FUNCTION finance_entry_content_hash(bigint)",
        ),
        append_only("finance_journalentry"),
        append_only("finance_journalline"),
        append_only("finance_ledgerseal"),
    ]
