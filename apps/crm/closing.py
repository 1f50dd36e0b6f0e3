"""Checks of the close about sales: what left the house is invoiced (cut-off)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.crm.queries.sales_orders import shipped_not_invoiced
from apps.finance.close_checks import CloseCheck, register_check
from apps.finance.models import Period


def _shipped(period: Period) -> list[dict[str, Any]]:
    return [
        {"order": line.number, "partner": line.partner_code, "item": line.item_code,
         "shipped_on": line.last_shipped, "currency": line.currency,
         "amount": line.value}
        for line in shipped_not_invoiced(period.company)
        if line.last_shipped is not None and line.last_shipped <= period.ends_on
    ]  # fmt: skip


register_check(CloseCheck("cut-off", _("What was shipped is invoiced"), _shipped))
