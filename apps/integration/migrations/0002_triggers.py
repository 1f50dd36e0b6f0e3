"""Functions that note changes for subscribers; ``services.triggers`` puts them to work."""

from django.db import migrations

from apps.integration.sql import DROP_EVENTS, DROP_NOTES, KEEP_EVENTS, MATCHES, NOTE_ROWS


class Migration(migrations.Migration):
    dependencies = [("integration", "0001_initial")]
    operations = [
        migrations.RunSQL(MATCHES + NOTE_ROWS, DROP_NOTES),
        migrations.RunSQL(KEEP_EVENTS, DROP_EVENTS),
    ]
