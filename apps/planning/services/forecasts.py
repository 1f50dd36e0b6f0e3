"""Forecasts by revision and the master schedule, written by people or by the calculation."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_company
from apps.core.transactions import unit_of_work
from apps.planning.models import Forecast, MasterScheduleLine


def create_forecast(company: Company, *, by: User, reason: str = "", **values: Any) -> Forecast:
    """Say what is expected in a bucket; it takes the place of what was expected there before."""
    row = Forecast(company=company, **values)
    _check(row)
    with unit_of_work():
        return replace_current(row, by=by, reason=reason)


def update_forecast(
    row: Forecast, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> Forecast:
    """Change the quantity of a current forecast by hand."""
    with unit_of_work():
        row = lock(row, version=version)
        if not row.is_current:
            raise BusinessError(
                "not_current", _("A later forecast has taken its place."), field="is_current"
            )
        for name, value in values.items():
            setattr(row, name, value)
        row.method = Forecast.Method.MANUAL
        row.error = None
        _check(row)
        _require_no_overlap(row)
        return row.save_by(by, reason=reason)


def replace_current(row: Forecast, *, by: User, reason: str = "") -> Forecast:
    """Make ``row`` the current forecast of its bucket, one revision after the last."""
    before = (
        Forecast.objects.select_for_update()
        .filter(item_id=row.item_id, site_id=row.site_id, starts_on=row.starts_on)
        .order_by("-revision")
        .first()
    )
    if before is not None:
        row.revision = before.revision + 1
        if before.is_current:
            before.is_current = False
            before.save_by(by, reason=reason)
    _require_no_overlap(row)
    return row.save_by(by, reason=reason)


def _check(row: Forecast) -> None:
    require_company(row.company, item=row.item, site=row.site)
    require_decimal(row.quantity, field="quantity", positive=False)
    if row.quantity < 0:
        raise InvalidInput("negative", _("May not be negative."), field="quantity")
    if not row.item.is_stocked:
        raise InvalidInput("not_stocked", _("Only items kept in stock are planned."), field="item")
    if row.ends_on < row.starts_on:
        raise InvalidInput("ends_before_start", _("It ends before it begins."), field="ends_on")


def _require_no_overlap(row: Forecast) -> None:
    """Two forecasts of the same days would count twice."""
    others = Forecast.objects.filter(
        item_id=row.item_id,
        site_id=row.site_id,
        is_current=True,
        starts_on__lte=row.ends_on,
        ends_on__gte=row.starts_on,
    ).exclude(pk=row.pk)
    other = others.first()
    if other is not None:
        raise InvalidInput(
            "overlaps",
            _("There is a forecast from {start} to {end} already.").format(
                start=other.starts_on, end=other.ends_on
            ),
            field="starts_on",
        )


def create_schedule_line(
    company: Company, *, by: User, reason: str = "", **values: Any
) -> MasterScheduleLine:
    """Put a quantity of an item on the master schedule."""
    row = MasterScheduleLine(company=company, **values)
    _check_line(row)
    with unit_of_work():
        return row.save_by(by, reason=reason)


def update_schedule_line(
    row: MasterScheduleLine,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> MasterScheduleLine:
    with unit_of_work():
        row = lock(row, version=version)
        for name, value in values.items():
            setattr(row, name, value)
        _check_line(row)
        return row.save_by(by, reason=reason)


def _check_line(row: MasterScheduleLine) -> None:
    require_company(row.company, item=row.item, site=row.site)
    require_decimal(row.quantity, field="quantity")
    if not row.item.is_stocked:
        raise InvalidInput("not_stocked", _("Only items kept in stock are planned."), field="item")
