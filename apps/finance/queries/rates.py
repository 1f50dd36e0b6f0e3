"""Exchange rates: units of company currency for one unit of a foreign one."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company, ExchangeRate

ONE = Decimal(1)


def exchange_rate(
    company: Company, currency: str, date: Date, *, field: str = "currency"
) -> Decimal:
    """The rate of ``currency`` (ISO code) on ``date``: the newest one from that day or before.

    One for the company's own currency. Raises ``BusinessError`` naming ``field`` when there is
    none.
    """
    if currency == company.currency_id:
        return ONE
    rate = (
        ExchangeRate.objects.filter(company=company, currency_id=currency, date__lte=date)
        .order_by("-date")
        .values_list("rate", flat=True)
        .first()
    )
    if rate is None:
        raise BusinessError(
            "no_exchange_rate",
            _("There is no exchange rate of {currency} on {date}.").format(
                currency=currency, date=date
            ),
            field=field,
            details={"currency": currency, "date": date.isoformat()},
        )
    return Decimal(rate)
