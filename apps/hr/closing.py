"""Checks of the close about pay: the month's pay is in the ledger."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.finance.close_checks import CloseCheck, by_statement, register_check

_UNPOSTED = """
SELECT coalesce(nullif(r.number, ''), r.id::text) AS pay_run, r.status, r.period_end,
       r.gross + r.employer_cost AS amount
  FROM hr_payrun r
 WHERE r.company_id = %(company)s AND r.period_end BETWEEN %(first)s AND %(last)s
   AND r.status NOT IN ('posted', 'reversed', 'cancelled')
 ORDER BY r.id
"""
_UNPAID = """
SELECT e.code AS employee, t.starts_on, t.ends_on, 0 AS amount
  FROM hr_timecard t JOIN hr_employee e ON e.id = t.employee_id
 WHERE t.company_id = %(company)s AND t.ends_on BETWEEN %(first)s AND %(last)s
   AND t.status = 'approved' AND t.pay_slip_id IS NULL
 ORDER BY e.code, t.starts_on
"""

register_check(
    CloseCheck("pay-runs", _("Pay runs of the month are posted"), by_statement(_UNPOSTED)),
    CloseCheck("unpaid-time", _("Approved time is paid"), by_statement(_UNPAID)),
)
