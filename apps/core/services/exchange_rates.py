"""Rates of exchange, by day."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, Currency, ExchangeRate
from apps.core.money import require_decimal
from apps.core.transactions import unit_of_work


def set_exchange_rate(
    *, company: Company, currency: Currency, date: datetime.date, rate: Decimal, by: Any
) -> ExchangeRate:
    """One unit of ``currency`` is ``rate`` of the company's own from ``date`` on.

    What was posted with the former rate of that day stays as it was.
    """
    rate = require_decimal(rate, field="rate", decimal_places=8)
    if currency.pk == company.currency_id:
        raise InvalidInput(
            "own_currency", _("The company's own currency needs no rate."), field="currency"
        )
    with unit_of_work():
        row, _created = ExchangeRate.objects.update_or_create(
            company=company, currency=currency, date=date, defaults={"rate": rate}
        )
    return row
