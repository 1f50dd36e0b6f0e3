"""Checks of the close that finance itself answers for."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import reconcile
from apps.finance.asset_closing import depreciation_due
from apps.finance.close_checks import CloseCheck, by_statement, register_check
from apps.finance.models import BankAccount, Period, PeriodLock
from apps.finance.queries.bank import reconciliation
from apps.finance.queries.revaluations import exposures

_DRAFTS = """
SELECT 'voucher' AS kind, v.id, v.date, v.description AS text,
       (SELECT coalesce(sum(l.debit), 0) FROM finance_journalvoucherline l
         WHERE l.voucher_id = v.id) AS amount
  FROM finance_journalvoucher v
 WHERE v.company_id = %(company)s AND v.status = 'draft' AND v.date <= %(last)s
 UNION ALL
SELECT i.kind, i.id, i.date, i.reference, i.total
  FROM finance_invoice i
 WHERE i.company_id = %(company)s AND i.status = 'draft' AND i.date <= %(last)s
 ORDER BY 3, 2
"""
_TAX = """
SELECT t.tax_code_id, c.code, min(t.date) AS since, count(*) AS entries,
       sum(CASE t.side WHEN 'due' THEN t.tax ELSE -t.tax END) AS amount
  FROM finance_taxentry t JOIN finance_taxcode c ON c.id = t.tax_code_id
 WHERE t.company_id = %(company)s AND t.date <= %(last)s
   AND NOT EXISTS (SELECT 1 FROM finance_taxreturn r
                    WHERE r.company_id = t.company_id AND r.status = 'filed'
                      AND r.ends_on >= t.date AND r.last_entry >= t.id)
 GROUP BY 1, 2 HAVING sum(CASE t.side WHEN 'due' THEN t.tax ELSE -t.tax END) <> 0
 ORDER BY 2
"""
_ACCRUALS = """
SELECT s.number, s.description, p.date, p.amount
  FROM finance_accrualpart p
  JOIN finance_accrualschedule s ON s.id = p.schedule_id AND s.status = 'active'
 WHERE p.company_id = %(company)s AND p.date <= %(last)s
   AND NOT EXISTS (SELECT 1 FROM finance_accrualposting q
                    WHERE q.part_id = p.id AND q.status = 'posted')
 ORDER BY p.date, s.id
"""
_INTERCOMPANY = """
SELECT i.number, i.date, c.code AS company, i.total_company AS amount
  FROM finance_invoice i
  JOIN finance_intercompanypartner t ON t.partner_id = i.partner_id
  JOIN core_company c ON c.id = t.counterpart_id
 WHERE i.company_id = %(company)s AND i.kind = 'customer' AND i.status = 'posted'
   AND i.date <= %(last)s
   AND NOT EXISTS (
       SELECT 1 FROM finance_invoice b
         JOIN finance_intercompanypartner s ON s.partner_id = b.partner_id
          AND s.counterpart_id = i.company_id
        WHERE b.company_id = t.counterpart_id AND b.kind = 'supplier' AND b.status = 'posted'
          AND b.reference = i.number AND b.date <= %(last)s)
 ORDER BY i.date, i.id
"""
_SUSPENSE = """
SELECT a.code, a.name, sum(l.amount) AS amount
  FROM finance_journalline l
  JOIN finance_account a ON a.id = l.account_id
  JOIN finance_postingrule p ON p.account_id = a.id AND p.role IN ('opening')
 WHERE l.company_id = %(company)s AND l.date <= %(last)s
 GROUP BY a.id HAVING sum(l.amount) <> 0 ORDER BY a.code
"""
_EARLIER = """
SELECT p.id, y.code || '-' || lpad(p.number::text, 2, '0') AS period, l.module, 0 AS amount
  FROM finance_period p
  JOIN finance_fiscalyear y ON y.id = p.fiscal_year_id
  JOIN finance_periodlock l ON l.period_id = p.id AND l.state <> 'closed'
 WHERE p.company_id = %(company)s AND NOT p.is_closing AND p.ends_on < %(first)s
   AND EXISTS (SELECT 1 FROM finance_journalline j WHERE j.period_id = p.id)
 ORDER BY p.starts_on, l.module
"""


def _reconcile(period: Period) -> list[dict[str, Any]]:
    return [
        {"invariant": one.invariant.code, "text": str(one.invariant.title),
         "offences": len(one.offences), "first": one.offences[0], "amount": 0}
        for one in reconcile()
        if not one.is_clean
    ]  # fmt: skip


def _exchange(period: Period) -> list[dict[str, Any]]:
    return [
        {"item": one.name, "currency": one.currency, "carrying": one.carrying,
         "worth": one.worth, "amount": one.difference}
        for one in exposures(period.company, at=period.ends_on)
        if one.difference
    ]  # fmt: skip


def _bank(period: Period) -> list[dict[str, Any]]:
    """Bank accounts whose statements hold what the ledger does not, or that do not agree."""
    accounts = BankAccount.objects.filter(company=period.company_id, is_active=True)
    found = [
        reconciliation(account, period.ends_on)
        for account in accounts.select_related("currency").order_by("code")
    ]
    return [
        {"account": one.account.code, "difference": one.difference,
         "lines": len(one.not_in_ledger), "amount": one.difference or one.unposted}
        for one in found
        if one.difference or one.not_in_ledger
    ]  # fmt: skip


def is_closed(period: Period) -> bool:
    return not period.locks.exclude(state=PeriodLock.State.CLOSED).exists()


register_check(
    CloseCheck("earlier-periods", _("Earlier periods are closed"), by_statement(_EARLIER)),
    CloseCheck("drafts", _("No drafts up to the last day"), by_statement(_DRAFTS)),
    CloseCheck("exchange", _("Foreign items stand at the closing rate"), _exchange),
    CloseCheck("depreciation", _("Fixed assets are depreciated"), depreciation_due),
    CloseCheck("accruals", _("Accruals and deferrals are posted"), by_statement(_ACCRUALS)),
    CloseCheck(
        "intercompany",
        _("Invoices in the group stand in both books"),
        by_statement(_INTERCOMPANY),
    ),
    CloseCheck("bank", _("Bank statements are in the ledger"), _bank),
    CloseCheck("tax", _("All tax is declared"), by_statement(_TAX)),
    CloseCheck("suspense", _("Opening balances are cleared"), by_statement(_SUSPENSE)),
    CloseCheck("reconcile", _("Registers agree with the ledger"), _reconcile),
)
