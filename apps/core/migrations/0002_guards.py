"""What the database itself refuses: changes to registers, number series that go back."""

from django.db import migrations

from apps.core.ledger_guards import REFUSE_CHANGE

SERIES_GUARD = """
CREATE FUNCTION core_series_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.last_number < OLD.last_number
     OR NEW.series <> OLD.series OR NEW.company_id <> OLD.company_id THEN
    RAISE EXCEPTION 'number series % only grows', OLD.series USING ERRCODE = 'P0A01';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER series_grows BEFORE UPDATE OR DELETE ON core_numbersequence
  FOR EACH ROW EXECUTE FUNCTION core_series_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION core_refuse_change()"),
        migrations.RunSQL(
            SERIES_GUARD,
            "DROP TRIGGER series_grows ON core_numbersequence; DROP FUNCTION core_series_grows()",
        ),
    ]
