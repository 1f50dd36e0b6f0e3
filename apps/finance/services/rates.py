"""Entering exchange rates."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, Currency, ExchangeRate
from apps.core.money import require_decimal
from apps.core.transactions import unit_of_work


def set_exchange_rate(
    company: Company, *, currency: Currency, date: Date, rate: Decimal
) -> ExchangeRate:
    """Units of company currency for one unit of ``currency`` from ``date`` on.

    What is posted keeps the rate it was posted with.
    """
    if currency.pk == company.currency_id:
        raise InvalidInput(
            "own_currency", _("The company's own currency has no rate."), field="currency"
        )
    require_decimal(rate, field="rate", decimal_places=8)
    with unit_of_work():
        return ExchangeRate.objects.update_or_create(
            company=company, currency=currency, date=date, defaults={"rate": rate}
        )[0]
