from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("supply_chain", "0008_consignments")]

    operations = [
        migrations.AddField(
            model_name=name,
            name="cross_docks",
            field=models.BooleanField(
                default=False,
                help_text="What waiting orders need is set aside for them as it comes in.",
                verbose_name="cross-docking",
            ),
        )
        for name in ("purchasingpolicy", "historicalpurchasingpolicy")
    ]
