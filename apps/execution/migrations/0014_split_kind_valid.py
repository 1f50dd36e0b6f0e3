from __future__ import annotations

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Each event is of a kind that there is, those of the past too."""

    dependencies = [("execution", "0013_stop_classifications")]

    operations = [
        ValidateConstraint(model_name="machineevent", name="execution_machineevent_kind")
    ]
