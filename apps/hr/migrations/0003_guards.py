"""Registers of people: a closed day takes no more time; what is paid is what is distributed."""

from django.db import migrations

from apps.core.ledger_guards import append_only, document_sequence

# The employee's row is locked against an approval that gathers the day at this moment; a function
# reads anew after waiting, a plain NOT EXISTS would not.
OPEN_DAY = """
CREATE FUNCTION hr_day_is_open() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE closed text;
BEGIN
  PERFORM 1 FROM hr_employee WHERE id = NEW.employee_id FOR KEY SHARE;
  SELECT number INTO closed FROM hr_timecard
   WHERE employee_id = NEW.employee_id AND status <> 'open'
     AND NEW.date BETWEEN starts_on AND ends_on;
  IF FOUND THEN
    RAISE EXCEPTION 'time card % is not open', closed
      USING ERRCODE = 'P0A02', CONSTRAINT = 'hr_day_is_open', HINT = closed;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER day_is_open BEFORE INSERT ON hr_labourbooking
  FOR EACH ROW EXECUTE FUNCTION hr_day_is_open();
CREATE TRIGGER day_is_open BEFORE INSERT ON hr_clockevent
  FOR EACH ROW EXECUTE FUNCTION hr_day_is_open();
"""

DISTRIBUTED = """
CREATE FUNCTION hr_slip_is_distributed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE wanted bigint; cost numeric; found numeric; name text;
BEGIN
  IF TG_ARGV[0] = 'slip' THEN wanted := NEW.id; ELSE wanted := NEW.pay_slip_id; END IF;
  SELECT CASE WHEN status = 'posted' THEN gross + employer_cost ELSE 0 END, number
    INTO cost, name FROM hr_payslip WHERE id = wanted;
  SELECT coalesce(sum(amount), 0) INTO found
    FROM hr_labourdistribution WHERE pay_slip_id = wanted;
  IF name IS NOT NULL AND found <> cost THEN
    RAISE EXCEPTION 'pay slip %: % distributed, % to distribute', name, found, cost
      USING ERRCODE = '23514', CONSTRAINT = 'hr_slip_is_distributed';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER slip_is_distributed AFTER INSERT OR UPDATE ON hr_payslip
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hr_slip_is_distributed('slip');
CREATE CONSTRAINT TRIGGER slip_is_distributed AFTER INSERT ON hr_labourdistribution
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hr_slip_is_distributed('row');
"""


class Migration(migrations.Migration):
    dependencies = [("hr", "0002_time_and_pay"), ("core", "0002_guards")]

    operations = [
        migrations.RunSQL(
            OPEN_DAY,
            "DROP TRIGGER day_is_open ON hr_labourbooking;"
            "DROP TRIGGER day_is_open ON hr_clockevent;"
            "DROP FUNCTION hr_day_is_open()",
        ),
        migrations.RunSQL(
            DISTRIBUTED,
            "DROP TRIGGER slip_is_distributed ON hr_payslip;"
            "DROP TRIGGER slip_is_distributed ON hr_labourdistribution;"
            "DROP FUNCTION hr_slip_is_distributed()",
        ),
        append_only("hr_clockevent"),
        append_only("hr_labourbooking"),
        append_only("hr_labourdistribution"),
        append_only("hr_leaveentry"),
        document_sequence("hr_timecard_series"),
        document_sequence("hr_payrun_series"),
        document_sequence("hr_payslip_series"),
        document_sequence("hr_leaverequest_series"),
        document_sequence("hr_expenseclaim_series"),
    ]
