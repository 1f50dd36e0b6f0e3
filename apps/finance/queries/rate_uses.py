"""What was posted in the days for which an exchange rate holds."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.core.models import Company
from apps.core.rate_uses import RateSpan, RateUse
from apps.core.sql import fetch_all

# Lines of a currency on those days; what revalued it comes first. A line may have been posted at
# a rate of its own: that it was not can't be told from it.
_USES = """
SELECT s.currency, s.first,
       (SELECT r.number FROM finance_revaluationline v
          JOIN finance_currencyrevaluation r ON r.id = v.revaluation_id
         WHERE v.company_id = %(company)s AND v.currency_id = s.currency
           AND v.date >= s.first AND v.date < s.before
         ORDER BY v.id LIMIT 1),
       (SELECT e.number FROM finance_journalentry e JOIN finance_journalline l ON l.entry_id = e.id
         WHERE e.company_id = %(company)s AND e.date >= s.first AND e.date < s.before
           AND l.currency_id = s.currency
         LIMIT 1)
  FROM unnest(%(currencies)s::text[], %(firsts)s::date[], %(befores)s::date[])
       AS s(currency, first, before)
"""


def posted_rate_uses(company: Company, spans: Sequence[RateSpan]) -> list[RateUse]:
    """One use of each rate that has any, in one statement."""
    rows = fetch_all(
        _USES,
        {
            "company": company.pk,
            "currencies": [span.currency for span in spans],
            "firsts": [span.first for span in spans],
            "befores": [span.before.isoformat() if span.before else "infinity" for span in spans],
        },
    )
    return [
        RateUse(
            currency,
            first,
            _("Revaluation {number}").format(number=revaluation)
            if revaluation
            else _("Entry {number}").format(number=entry),
        )
        for currency, first, revaluation, entry in rows
        if revaluation or entry
    ]
