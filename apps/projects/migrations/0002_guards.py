"""Baselines and progress refuse change; documents get their fast number series."""

from django.db import migrations

from apps.core.ledger_guards import append_only, document_sequence


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_initial"), ("core", "0002_guards")]

    operations = [
        append_only("projects_baseline"),
        append_only("projects_baselinetask"),
        append_only("projects_taskprogress"),
        document_sequence("projects_project_series"),
        document_sequence("projects_timesheet_series"),
    ]
