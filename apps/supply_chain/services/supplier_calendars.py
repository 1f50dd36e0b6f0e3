"""When suppliers work."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock, require_company
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.masterdata.models.calendars import ALL_WEEKDAYS, WORKING_WEEKDAYS
from apps.supply_chain.models import SupplierCalendar, SupplierClosure


def create_supplier_calendar(
    company: Company, *, by: User, reason: str = "", **values: Any
) -> SupplierCalendar:
    """The weekdays of one supplier. Raises ``InvalidInput`` for a mask of no day."""
    row = SupplierCalendar(company=company, **values)
    _check_weekdays(row)
    return create_row(SupplierCalendar, values={"company": company, **values}, by=by, reason=reason)


def update_supplier_calendar(
    row: SupplierCalendar, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> SupplierCalendar:
    """Change it from now on; the days of orders stay."""
    with unit_of_work():
        wanted = lock(row, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        _check_weekdays(wanted)
        return update_row(row, values=values, by=by, reason=reason)


def create_closure(
    company: Company, *, by: User, reason: str = "", **values: Any
) -> SupplierClosure:
    """Days on which a supplier does not work. Raises ``InvalidInput`` when they end first."""
    _check_days(SupplierClosure(company=company, **values))
    return create_row(SupplierClosure, values={"company": company, **values}, by=by, reason=reason)


def update_closure(
    row: SupplierClosure, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> SupplierClosure:
    """Change the days."""
    with unit_of_work():
        wanted = lock(row, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        _check_days(wanted)
        return update_row(row, values=values, by=by, reason=reason)


def _check_weekdays(row: SupplierCalendar) -> None:
    require_company(row.company, partner=row.partner)
    weekdays = WORKING_WEEKDAYS if row.weekdays is None else row.weekdays
    if not 1 <= weekdays <= ALL_WEEKDAYS:
        raise InvalidInput(
            "bad_weekdays",
            _("A sum of weekdays lies between 1 and {most}.").format(most=ALL_WEEKDAYS),
            field="weekdays",
        )


def _check_days(row: SupplierClosure) -> None:
    require_company(row.company, partner=row.partner)
    if row.last_day < row.first_day:
        raise InvalidInput("ends_before", _("It ends before it begins."), field="last_day")
