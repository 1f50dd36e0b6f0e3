"""Recurring invoices: schedules, and the drafts that they make, one per period."""

from __future__ import annotations

import calendar
import logging
from collections.abc import Iterable, Sequence
from datetime import date as Date
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_company
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Invoice,
    RecurringInvoice,
    RecurringInvoiceLine,
    RecurringPeriod,
)
from apps.finance.services.invoices import BillingLine, draft_invoice

_log = logging.getLogger(__name__)
#: What a schedule may not change once it has made a draft: its days would not be the same.
FIXED = ("starts_on", "every", "unit", "kind", "partner")
#: Drafts of one schedule in one run: ten years of weeks.
MOST_AT_ONCE = 520


def create_recurring_invoice(
    *, company: Company, lines: Sequence[BillingLine], by: User, reason: str = "", **values: Any
) -> RecurringInvoice:
    """A new schedule; the first draft is due on ``starts_on``."""
    schedule = RecurringInvoice(company=company, owner=by, **values)
    schedule.next_on = schedule.starts_on
    with unit_of_work():
        _check(schedule, lines)
        schedule.save_by(by, reason=reason)
        _write(schedule, lines)
    return schedule


def change_recurring_invoice(
    schedule: RecurringInvoice,
    *,
    by: User,
    lines: Sequence[BillingLine] | None = None,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> RecurringInvoice:
    """Change what comes from now on. Raises ``BusinessError`` ``started`` for days or partner."""
    with unit_of_work():
        schedule = lock(schedule, version=version)
        for name, value in values.items():
            if name in FIXED and schedule.periods_done and getattr(schedule, name) != value:
                raise BusinessError(
                    "started", _("{schedule} has made drafts already: write another.").format(
                        schedule=schedule
                    ), field=name,
                )  # fmt: skip
            setattr(schedule, name, value)
        schedule.next_on = _next_on(schedule)
        _check(schedule, lines)
        if lines is not None:
            schedule.lines.all().delete()
            _write(schedule, lines)
        return schedule.save_by(by, reason=reason)


def draft_due(schedule: RecurringInvoice, *, until: Date, by: User) -> list[Invoice]:
    """Make the drafts of all periods up to ``until`` that have none; called again, nothing more.

    After a standstill each missed period gets its own. Schedules that are not active make none.
    """
    with unit_of_work():
        schedule = lock(schedule, related=("company", "partner", "currency"))
        lines = [_billed(line) for line in schedule.lines.select_related("item")]
        made: list[Invoice] = []
        while (
            schedule.is_active
            and schedule.next_on is not None
            and schedule.next_on <= until
            and len(made) < MOST_AT_ONCE
        ):
            on = schedule.next_on
            invoice = draft_invoice(
                schedule.company,
                kind=schedule.kind,
                partner=schedule.partner,
                date=on,
                currency=schedule.currency,
                payment_terms=schedule.payment_terms,
                reference=f"{schedule.reference} {on:%Y-%m-%d}".strip(),
                lines=lines,
                by=by,
            )
            RecurringPeriod.objects.create(
                company_id=schedule.company_id, schedule=schedule, date=on, invoice=invoice
            )
            made.append(invoice)
            schedule.periods_done += 1
            schedule.next_on = _next_on(schedule)
        if made:
            schedule.save_by(by, reason=_("Drafted"))
        return made


def draft_all_due(schedules: Iterable[RecurringInvoice], *, until: Date) -> int:
    """``draft_due`` for each in its owner's name; how many drafts. One that is refused is logged
    and holds no other up."""
    done = 0
    for schedule in schedules:
        try:
            done += len(draft_due(schedule, until=until, by=schedule.owner))
        except BusinessError as error:
            _log.warning("%s makes no drafts: %s", schedule.code, error)
    return done


def period_start(starts_on: Date, unit: str, number: int) -> Date:
    """The first day of period ``number`` of ``unit`` from ``starts_on``; short months end early."""
    if unit == RecurringInvoice.Unit.WEEK:
        return starts_on + timedelta(weeks=number)
    years, month = divmod(starts_on.month - 1 + number, 12)
    year, month = starts_on.year + years, month + 1
    return Date(year, month, min(starts_on.day, calendar.monthrange(year, month)[1]))


def _next_on(schedule: RecurringInvoice) -> Date | None:
    """The day of the next draft; None after the last one."""
    try:
        following = period_start(
            schedule.starts_on, schedule.unit, schedule.every * schedule.periods_done
        )
    except (ValueError, OverflowError):
        return None
    is_over = schedule.ends_on is not None and following > schedule.ends_on
    return None if is_over else following


def _check(schedule: RecurringInvoice, lines: Sequence[BillingLine] | None) -> None:
    require_company(
        schedule.company, partner=schedule.partner, payment_terms=schedule.payment_terms
    )
    plays = (
        schedule.partner.is_supplier
        if schedule.kind == RecurringInvoice.Kind.SUPPLIER
        else schedule.partner.is_customer
    )
    checks = (
        (plays, "wrong_partner", "partner", _("The partner does not play this part.")),
        (schedule.every > 0, "not_positive", "every", _("Must be greater than zero.")),
        (
            schedule.ends_on is None or schedule.ends_on >= schedule.starts_on,
            "ends_before_start",
            "ends_on",
            _("It ends before it begins."),
        ),
        (lines is None or len(lines) > 0, "nothing_to_bill", "lines", _("Say what is billed.")),
    )
    for holds, code, field, message in checks:
        if not holds:
            raise InvalidInput(code, message, field=field)
    for row, line in enumerate(lines or ()):
        require_decimal(line.quantity, field="quantity", row=row)
        require_decimal(line.unit_price, field="unit_price", row=row, positive=False)
        require_company(
            schedule.company,
            row=row,
            item=line.item,
            tax_code=line.tax_code,
            account=line.account,
            cost_object=line.cost_object,
        )


def _write(schedule: RecurringInvoice, lines: Sequence[BillingLine]) -> None:
    RecurringInvoiceLine.objects.bulk_create(
        RecurringInvoiceLine(
            company_id=schedule.company_id,
            schedule=schedule,
            item=line.item,
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            tax_code=line.tax_code,
            account=line.account,
            cost_object=line.cost_object,
        )
        for line in lines
    )


def _billed(line: RecurringInvoiceLine) -> BillingLine:
    return BillingLine(
        quantity=line.quantity,
        unit_price=line.unit_price,
        item=line.item,
        description=line.description,
        tax_code=line.tax_code,
        account=line.account,
        cost_object=line.cost_object,
    )
