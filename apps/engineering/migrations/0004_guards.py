"""Acknowledgements are written once; changes get their series; the way back leaves one released.

Before effectivity an item had one released design: going back, those not in force today become
obsolete first, so that the old constraint can stand again.
"""

from django.db import migrations

from apps.core.ledger_guards import append_only, document_sequence


def one_released_on_the_way_back(table):
    return migrations.RunSQL(
        migrations.RunSQL.noop,
        f"""
        UPDATE {table} SET status = 'obsolete'
         WHERE status = 'released'
           AND NOT (coalesce(effective_from, '-infinity'::date) <= current_date
                    AND coalesce(effective_until, 'infinity'::date) >= current_date)
        """,  # noqa: S608 - names of our own tables
    )


class Migration(migrations.Migration):
    dependencies = [("engineering", "0003_effectivity_changes_and_instructions")]

    operations = [
        append_only("engineering_acknowledgement"),
        document_sequence("engineering_engineeringchange_series"),
        one_released_on_the_way_back("engineering_billofmaterials"),
        one_released_on_the_way_back("engineering_routing"),
    ]
