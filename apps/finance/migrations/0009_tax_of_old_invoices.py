"""Invoices posted before there was a tax ledger get their rows, reversals too."""

from django.db import migrations

BACKFILL = """
INSERT INTO finance_taxentry
       (company_id, source_type_id, source_id, created_at, created_by_id, entry_id, date,
        tax_code_id, side, partner_id, account_id, base, tax)
SELECT i.company_id, e.source_type_id, i.id, e.created_at, e.created_by_id, e.id, e.date, c.id,
       x.side, i.partner_id, x.account_id,
       CASE WHEN (i.kind = 'credit_note') <> (e.reverses_id IS NOT NULL) THEN -1 ELSE 1 END
         * round(n.net * i.exchange_rate, u.decimal_places),
       coalesce((SELECT CASE x.side WHEN 'due' THEN -1 ELSE 1 END * sum(l.amount)
                   FROM finance_journalline l
                  WHERE l.entry_id = e.id AND l.account_id = x.account_id AND l.memo = c.code), 0)
  FROM finance_invoice i
  JOIN (SELECT invoice_id, tax_code_id, sum(amount) AS net FROM finance_invoiceline
         WHERE tax_code_id IS NOT NULL GROUP BY 1, 2) AS n ON n.invoice_id = i.id
  JOIN finance_taxcode c ON c.id = n.tax_code_id
  JOIN core_company o ON o.id = i.company_id
  JOIN core_currency u ON u.code = o.currency_id
 CROSS JOIN LATERAL (SELECT CASE i.kind WHEN 'supplier' THEN 'deductible' ELSE 'due' END AS side,
                            CASE i.kind WHEN 'supplier' THEN c.purchase_account_id
                                        ELSE c.sales_account_id END AS account_id) AS x
  JOIN finance_journalentry e ON e.id = i.entry_id OR e.reverses_id = i.entry_id
 WHERE i.status IN ('posted', 'reversed')
   AND NOT EXISTS (SELECT 1 FROM finance_taxentry t WHERE t.entry_id = e.id)
 ORDER BY e.id
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0008_tax_ledger")]

    operations = [migrations.RunSQL(BACKFILL, migrations.RunSQL.noop)]
