"""Hourly rates: new terms are a new row from a day on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_company
from apps.core.transactions import unit_of_work
from apps.projects.models import HourlyRate


def create_rate(*, company: Company, by: User, reason: str = "", **values: Any) -> HourlyRate:
    """A rate from a day on. Raises ``InvalidInput`` when it says nothing or is there already."""
    with unit_of_work():
        rate = HourlyRate(company=company, **values)
        check_rate(rate)
        return rate.save_by(by, reason=reason)


def update_rate(
    row: HourlyRate, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> HourlyRate:
    """Change a rate; hours that are approved keep theirs."""
    with unit_of_work():
        rate = lock(row, version=version)
        for name, value in values.items():
            setattr(rate, name, value)
        check_rate(rate)
        return rate.save_by(by, reason=reason)


def check_rate(rate: HourlyRate) -> None:
    """Raise ``InvalidInput`` naming the field."""
    require_company(rate.company, employee=rate.employee, project=rate.project)
    for name in ("cost_rate", "billing_rate"):
        value = getattr(rate, name)
        if value is None:
            continue
        if require_decimal(Decimal(value), field=name, positive=False) < 0:
            raise InvalidInput("negative", _("May not be negative."), field=name)
    if rate.cost_rate is None and rate.billing_rate is None:
        raise InvalidInput(
            "required", _("Say what an hour costs or is billed at."), field="cost_rate"
        )
    same = HourlyRate.objects.filter(
        company=rate.company,
        employee=rate.employee,
        project=rate.project,
        effective_from=rate.effective_from,
    )
    if same.exclude(pk=rate.pk).exists():
        raise InvalidInput(
            "already_exists", _("There is a rate from that day already."), field="effective_from"
        )
