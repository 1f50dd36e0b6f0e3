import apps.core.fields
from django.db import migrations


#: Credit notes that were posted before charges followed them.
ALREADY_CREDITED = """
UPDATE maintenance_maintenancecharge c SET credited = n.amount
  FROM (SELECT i.credits_id AS bill, sum(l.amount) AS amount
          FROM finance_invoice i JOIN finance_invoiceline l ON l.invoice_id = i.id
         WHERE i.status = 'posted' AND i.kind = 'bill_credit' GROUP BY 1) AS n
 WHERE n.bill = c.invoice_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('maintenance', '0003_waiting_charges'),
        ('finance', '0022_credits_follow'),
    ]

    operations = [
        migrations.AddField(
            model_name='historicalmaintenancecharge',
            name='credited',
            field=apps.core.fields.MoneyField(decimal_places=4, default=0, editable=False, max_digits=20, verbose_name='credited of it'),
        ),
        migrations.AddField(
            model_name='maintenancecharge',
            name='credited',
            field=apps.core.fields.MoneyField(decimal_places=4, default=0, editable=False, max_digits=20, verbose_name='credited of it'),
        ),
        migrations.RunSQL(ALREADY_CREDITED, migrations.RunSQL.noop),
    ]
