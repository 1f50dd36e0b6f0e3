from django.db import migrations, models

KINDS = [
    ("customer", "Customer invoice"),
    ("supplier", "Supplier bill"),
    ("credit_note", "Credit note"),
    ("bill_credit", "Supplier's credit note"),
]


def reversed_rows(model):
    """The few documents that were taken back are found without reading the others."""
    return migrations.AddIndex(
        model_name=model,
        index=models.Index(
            fields=["company"],
            condition=models.Q(status="reversed"),
            name=f"finance_{model}_reversed",
        ),
    )


class Migration(migrations.Migration):

    dependencies = [("finance", "0019_purchasing_approvals")]

    operations = [
        migrations.RemoveConstraint(model_name="invoice", name="finance_invoice_bill_once"),
        migrations.RemoveConstraint(
            model_name="invoice", name="finance_invoice_credit_note_credits"
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="credits_price",
            field=models.BooleanField(
                default=False, editable=False, verbose_name="credits the price"
            ),
        ),
        *(
            migrations.AlterField(
                model_name=model,
                name="kind",
                field=models.CharField(choices=KINDS, max_length=12, verbose_name="kind"),
            )
            for model in ("invoice", "historicalinvoice")
        ),
        *(reversed_rows(model) for model in ("invoice", "payment", "settlement")),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("kind__in", ["supplier", "bill_credit"]),
                    ("status", "posted"),
                    models.Q(("reference", ""), _negated=True),
                ),
                fields=("partner", "kind", "reference"),
                name="finance_invoice_bill_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["credit_note", "bill_credit"]),
                    ("credits__isnull", True),
                    _connector="OR",
                ),
                name="finance_invoice_credit_note_credits",
            ),
        ),
    ]
