from django.db import migrations


class Migration(migrations.Migration):
    """What a supplier's credit note takes back of a match is below zero."""

    dependencies = [("supply_chain", "0005_purchasing")]

    operations = [
        migrations.RemoveConstraint(
            model_name="billmatch", name="supply_chain_billmatch_quantity_positive"
        ),
    ]
