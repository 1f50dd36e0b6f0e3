"""The database asks for the signatures of a step, and for the reason of a change to what is signed.

Two triggers on every document's table, kept up to date after each ``migrate``: no service and no
script gets past them, and an app that adds a document has nothing to do.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.utils.translation import gettext_lazy as _

from apps.core.guards import Guard, register
from apps.core.queries.signatures import signable_models

register(
    Guard(
        "core_signatures_missing",
        "signature_required",
        "status",
        _("This step needs signatures that are not there for the present version."),
    )
)
register(
    Guard(
        "core_signed_reason",
        "reason_required",
        "reason",
        _("The document is signed: say why you change it."),
    )
)

FUNCTIONS = """
CREATE OR REPLACE FUNCTION core_require_signatures() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing text;
BEGIN
  SELECT string_agg(r.meaning, ', ' ORDER BY r.id) INTO missing
    FROM core_signaturerule r
   WHERE r.company_id = NEW.company_id AND r.document = TG_ARGV[0] || '.' || TG_ARGV[1]
     AND r.status = NEW.status AND r.is_active
     AND NOT EXISTS (
       SELECT 1 FROM core_signature s JOIN django_content_type t ON t.id = s.source_type_id
        WHERE t.app_label = TG_ARGV[0] AND t.model = TG_ARGV[1] AND s.source_id = NEW.id
          AND s.status = NEW.status AND s.meaning = r.meaning
          AND s.document_version = OLD.version);
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'signatures missing' USING ERRCODE = 'P0A03',
      CONSTRAINT = 'core_signatures_missing', DETAIL = missing;
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION core_require_signed_reason() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE earlier text;
BEGIN
  -- the API key that a change came by is kept behind its reason, and is none itself
  IF btrim(regexp_replace(coalesce(NEW.history_change_reason, ''),
                          '[[]key [0-9a-z_]+[]]$', '')) <> '' THEN RETURN NULL; END IF;
  IF NOT EXISTS (
       SELECT 1 FROM core_signature s JOIN django_content_type t ON t.id = s.source_type_id
        WHERE t.app_label = TG_ARGV[0] AND t.model = TG_ARGV[1] AND s.source_id = NEW.id) THEN
    RETURN NULL;
  END IF;
  EXECUTE format('SELECT status FROM %I WHERE id = $1 AND history_id < $2
                   ORDER BY history_id DESC LIMIT 1', TG_TABLE_NAME)
    INTO earlier USING NEW.id, NEW.history_id;
  IF earlier IS NOT DISTINCT FROM NEW.status THEN
    RAISE EXCEPTION 'reason missing' USING ERRCODE = 'P0A03', CONSTRAINT = 'core_signed_reason';
  END IF;
  RETURN NULL;
END $$;
"""
ON_DOCUMENT = """
CREATE TRIGGER core_signatures BEFORE UPDATE OF status ON {table}
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION core_require_signatures('{app}', '{model}')
"""
ON_HISTORY = """
CREATE TRIGGER core_signed_reason AFTER INSERT ON {table}
  FOR EACH ROW WHEN (NEW.history_type = '~')
  EXECUTE FUNCTION core_require_signed_reason('{app}', '{model}')
"""
STANDING = """
SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE t.tgname IN ('core_signatures', 'core_signed_reason')
"""


def make_documents_signable(using: str = "default", **_signal: Any) -> None:
    """After ``migrate``: the triggers stand on every document that exists by now.

    Only what is missing is made: each one locks its table.
    """
    with connections[using].cursor() as cursor:
        tables = set(connections[using].introspection.table_names(cursor))
        if "core_signature" not in tables:
            return
        cursor.execute(FUNCTIONS)
        cursor.execute(STANDING)
        standing = set(cursor.fetchall())
        for label, model in signable_models().items():
            app, _dot, name = label.partition(".")
            past: Any = model.history.model  # type: ignore[attr-defined]
            for trigger, statement, table in (
                ("core_signatures", ON_DOCUMENT, model._meta.db_table),
                ("core_signed_reason", ON_HISTORY, past._meta.db_table),
            ):
                if table in tables and (trigger, table) not in standing:
                    cursor.execute(statement.format(table=table, app=app, model=name))
