"""What must always hold between the books of companies that invoice each other."""

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "intercompany-agrees",
        _("Invoices between our companies are the same in both books"),
        """
        SELECT i.id AS invoice_id, i.number, i.currency_id, i.total, b.id AS bill_id,
               b.currency_id AS bill_currency, b.total AS bill_total
          FROM finance_invoice i
          JOIN finance_intercompanypartner t ON t.partner_id = i.partner_id
          JOIN finance_invoice b ON b.company_id = t.counterpart_id AND b.kind = 'supplier'
               AND b.status = 'posted' AND b.reference = i.number
          JOIN finance_intercompanypartner s ON s.partner_id = b.partner_id
               AND s.counterpart_id = i.company_id
         WHERE i.kind = 'customer' AND i.status = 'posted'
           AND (b.currency_id <> i.currency_id OR b.total <> i.total)
        """,
    ),
)
