"""Results, calibrations, limits and signals are written once; documents get their number series."""

from django.db import migrations

from apps.core.ledger_guards import append_only, document_sequence


class Migration(migrations.Migration):
    dependencies = [("quality", "0001_initial")]

    operations = [
        append_only("quality_inspectionresult"),
        append_only("quality_calibration"),
        append_only("quality_controllimits"),
        append_only("quality_spcsignal"),
        document_sequence("quality_inspectionplan_series"),
        document_sequence("quality_inspection_series"),
        document_sequence("quality_nonconformance_series"),
        document_sequence("quality_correctiveaction_series"),
        document_sequence("quality_gaugestudy_series"),
    ]
