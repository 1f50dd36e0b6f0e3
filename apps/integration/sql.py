"""The functions that note changes. They stand in ``0002_triggers``; the triggers that call them are
made after each ``migrate``, on the history of every document and noun (``services.triggers``)."""

from __future__ import annotations

#: Whether ``kind`` is among ``patterns``: words separated by spaces, ``*`` for any text.
MATCHES = """
CREATE FUNCTION integration_matches(kind text, patterns text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT EXISTS (
    SELECT FROM regexp_split_to_table(patterns, '[[:space:]]+') AS p
     WHERE p <> '' AND kind LIKE replace(replace(replace(p, '_', '\\_'), '%', '\\%'), '*', '%'))
$$;
"""
_WATCHED = """
  IF NOT EXISTS (SELECT FROM integration_webhookendpoint WHERE is_active) THEN RETURN NULL; END IF;
"""
_WRITE = """
  INSERT INTO integration_integrationevent
         (company_id, kind, model, object_id, object_version, occurred_at, transaction)
  SELECT n.company_id, k.kind, TG_ARGV[0], n.id, n.version, n.history_date,
         pg_current_xact_id()::text::bigint
    FROM fresh n {what}
   WHERE EXISTS (SELECT FROM integration_webhookendpoint e
                  WHERE e.company_id = n.company_id AND e.is_active
                    AND integration_matches(k.kind, e.events))
   ORDER BY n.history_id;
  RETURN NULL;
"""
_OF_ROWS = """
   CROSS JOIN LATERAL (SELECT TG_ARGV[0] || CASE n.history_type
     WHEN '+' THEN '.created' WHEN '-' THEN '.deleted' ELSE '.changed' END) AS k(kind)
"""
# A step is told by the status it leads to. What is born beyond its first status has both kinds.
_OF_STEPS = """
   CROSS JOIN LATERAL (
     SELECT TG_ARGV[0] || CASE n.history_type
       WHEN '+' THEN '.created' WHEN '-' THEN '.deleted'
       ELSE CASE WHEN n.status IS DISTINCT FROM (
              SELECT h.status FROM {history} h WHERE h.id = n.id AND h.history_id < n.history_id
               ORDER BY h.history_id DESC LIMIT 1)
            THEN '.' || n.status ELSE '.changed' END END
     UNION ALL
     SELECT TG_ARGV[0] || '.' || n.status
      WHERE n.history_type = '+' AND n.status <> TG_ARGV[1]) AS k(kind)
"""
NOTE_ROWS = f"""
CREATE FUNCTION integration_note_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {_WATCHED} {_WRITE.format(what=_OF_ROWS)}
END $$;
"""
#: One function per document: the look at the status before needs the name of its history.
NOTE_STEPS = f"""
CREATE OR REPLACE FUNCTION {{function}}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {_WATCHED} {_WRITE.format(what=_OF_STEPS)}
END $$;
"""
TRIGGER = """
CREATE TRIGGER integration_note AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION {function}({arguments})
"""
STANDING = """
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE t.tgname = 'integration_note'
"""
#: What is said stays said: an event takes its position, once, and no other change.
KEEP_EVENTS = """
CREATE FUNCTION integration_keep_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.position IS NULL AND NEW.position IS NOT NULL
     AND (to_jsonb(OLD) - 'position') = (to_jsonb(NEW) - 'position') THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'append-only: % of % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'P0A01';
END $$;
CREATE TRIGGER integration_keep_event BEFORE UPDATE ON integration_integrationevent
  FOR EACH ROW EXECUTE FUNCTION integration_keep_event();
CREATE SEQUENCE integration_event_positions;
"""
DROP_EVENTS = """
DROP TRIGGER integration_keep_event ON integration_integrationevent;
DROP FUNCTION integration_keep_event();
DROP SEQUENCE integration_event_positions;
"""
#: With the functions go the triggers that call them.
DROP_NOTES = """
DO $$
DECLARE one record;
BEGIN
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
              WHERE p.proname LIKE 'integration\\_note\\_%' LOOP
    EXECUTE format('DROP FUNCTION %s CASCADE', one.name);
  END LOOP;
END $$;
DROP FUNCTION integration_matches(text, text);
"""
