"""Time of our own people on an order."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import require_decimal, round_money
from apps.core.queries.currencies import decimal_places
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import PostingRole
from apps.finance.queries.entries import entry_of
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Entry, Line, post_entry, reverse_entry
from apps.hr.models import Employee
from apps.maintenance.models import MaintenanceLabour, MaintenanceOrder
from apps.maintenance.queries.capacity import machine_of
from apps.maintenance.services.assets import ensure_cost_object
from apps.masterdata.models import WorkCentreRate

#: Absorbed conversion cost: it follows the periods of production.
JOURNAL = "PRD"
MINUTES_PER_HOUR = Decimal(60)
MOST_MINUTES = Decimal(24 * 60)


def book_labour(
    order: MaintenanceOrder,
    *,
    employee: Employee,
    minutes: Decimal,
    date: Date,
    by: User,
    note: str = "",
) -> MaintenanceLabour:
    """Dr maintenance (or the asset's account) / Cr absorbed labour, as production does (rule 21).

    The rate is the labour rate of the employee's work centre effective on ``date``, else that of
    the asset's. Raises ``BusinessError`` when neither has one: time that costs nothing is a lie.
    """
    require_decimal(minutes, field="minutes")
    if minutes > MOST_MINUTES:
        raise InvalidInput("too_long", _("A day has 24 hours."), field="minutes")
    with unit_of_work():
        order = lock(order)
        require_status(order, *MaintenanceOrder.POSTABLE)
        company = order.company
        require_company(company, employee=employee)
        rate = _rate(order, employee, date)
        amount = round_money(minutes * rate / MINUTES_PER_HOUR, decimal_places(company.currency_id))
        if not amount:
            raise InvalidInput("too_short", _("This comes to nothing."), field="minutes")
        labour = MaintenanceLabour(
            company=company,
            number=next_number("maintenance_labour_series", "ML"),
            order=order,
            date=date,
            employee=employee,
            minutes=minutes,
            hourly_rate=rate,
            amount=amount,
            note=note,
            created_by=by,
        ).save_by(by)
        cost_object_id = ensure_cost_object(order.asset, by=by)
        post_entry(company, _entry(order, labour, cost_object_id), by=by)
    return labour


def _rate(order: MaintenanceOrder, employee: Employee, date: Date) -> Decimal:
    """The labour rate of the day: of the employee's work centre, else of the asset's."""
    machine = machine_of(order.asset)
    asset_centre = order.asset.work_centre_id or (machine.work_centre_id if machine else None)
    for centre_id in (employee.work_centre_id, asset_centre):
        if centre_id is None:
            continue
        row = (
            WorkCentreRate.objects.filter(
                work_centre=centre_id, effective_from__lte=date, labour_rate__gt=0
            )
            .order_by("-effective_from")
            .first()
        )
        if row is not None:
            return Decimal(row.labour_rate)
    raise BusinessError(
        "no_rate",
        _("No work centre of {employee} or {asset} has a labour rate on {date}.").format(
            employee=employee.code, asset=order.asset.code, date=date
        ),
        field="employee",
    )


def _entry(order: MaintenanceOrder, labour: MaintenanceLabour, cost_object_id: int) -> Entry:
    resolver = AccountResolver(order.company)
    role = PostingRole.FIXED_ASSET if order.is_capitalised else PostingRole.MAINTENANCE
    machine = machine_of(order.asset)
    hours = round_money(labour.minutes / MINUTES_PER_HOUR, 4)
    work_centre_id = order.asset.work_centre_id or (machine.work_centre_id if machine else None)
    return Entry(
        journal=JOURNAL,
        date=labour.date,
        source=labour,
        description=_("Labour for {order}").format(order=order.number),
        lines=[
            Line(
                resolver.account_id(role),
                labour.amount,
                quantity=hours,
                memo=order.number,
                site_id=order.site_id,
                cost_object_id=cost_object_id,
                work_centre_id=work_centre_id,
                machine_id=machine.pk if machine else None,
            ),
            Line(
                resolver.account_id(PostingRole.LABOUR_ABSORBED),
                -labour.amount,
                quantity=-hours,
                memo=order.number,
                site_id=order.site_id,
                work_centre_id=labour.employee.work_centre_id,
            ),
        ],
    )


def reverse_labour(
    labour: MaintenanceLabour, *, date: Date, reason: str, by: User
) -> MaintenanceLabour:
    """Take the time back: the mirror image of its entry."""
    reason = require_reason(reason)
    with unit_of_work():
        order = lock(labour.order)
        require_status(order, *MaintenanceOrder.POSTABLE)
        labour = lock(labour)
        labour.transition_to(MaintenanceLabour.Status.REVERSED)
        labour.save_by(by, reason=reason)
        reverse_entry(entry_of(labour), date=date, by=by, source=labour, reason=reason)
    return labour
