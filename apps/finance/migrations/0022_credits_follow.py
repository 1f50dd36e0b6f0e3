import apps.core.constraints
import apps.core.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.core.ledger_guards import append_only


class Migration(migrations.Migration):

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('core', '0007_rate_history'),
        ('finance', '0021_budget_dimensions'),
        ('masterdata', '0007_item_barcodes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AccrualCredit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source_id', models.BigIntegerField(verbose_name='source id')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('date', models.DateField(verbose_name='date')),
                ('deferred', apps.core.fields.LedgerAmountField(decimal_places=4, max_digits=20, verbose_name='of months to come')),
                ('earned', apps.core.fields.LedgerAmountField(decimal_places=4, max_digits=20, verbose_name='of posted months')),
            ],
            options={
                'verbose_name': 'credit of a schedule',
                'verbose_name_plural': 'credits of schedules',
                'ordering': ('id',),
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='accrualpart',
            name='finance_accrualpart_amount',
        ),
        migrations.RemoveConstraint(
            model_name='accrualschedule',
            name='finance_accrualschedule_amount_positive',
        ),
        migrations.AddConstraint(
            model_name='accrualschedule',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='finance_accrualschedule_amount_not_negative'),
        ),
        migrations.AddField(
            model_name='accrualcredit',
            name='company',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.company', verbose_name='company'),
        ),
        migrations.AddField(
            model_name='accrualcredit',
            name='created_by',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by'),
        ),
        migrations.AddField(
            model_name='accrualcredit',
            name='schedule',
            field=apps.core.fields.CompanyForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='credits', to='finance.accrualschedule', verbose_name='accrual or deferral'),
        ),
        migrations.AddField(
            model_name='accrualcredit',
            name='source_type',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contenttypes.contenttype', verbose_name='source type'),
        ),
        migrations.AddConstraint(
            model_name='accrualcredit',
            constraint=models.UniqueConstraint(fields=('company', 'id'), name='finance_accrualcredit_company_id'),
        ),
        migrations.AddConstraint(
            model_name='accrualcredit',
            constraint=apps.core.constraints.CompanyReference(field='schedule', name='finance_accrualcredit_schedule_company'),
        ),
        append_only("finance_accrualcredit"),
        migrations.AddIndex(
            model_name="assetmovement",
            index=models.Index(
                condition=models.Q(("kind__in", ("acquisition", "addition"))),
                fields=["source_id"],
                name="finance_assetmovement_cost",
            ),
        ),
    ]
