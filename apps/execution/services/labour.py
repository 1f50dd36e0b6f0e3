"""Labour of production reports: the minutes that cost the order are those that are paid."""

from __future__ import annotations

from apps.core.models import User
from apps.execution.models import ProductionReport, WorkOrder
from apps.hr.services.labour import Labour, book_labour

REVERSAL = "reversal"


def book_report_labour(row: ProductionReport, order: WorkOrder, by: User) -> None:
    """Book the report's labour to its employee's day: one statement, none without a contract.

    Raises ``BusinessError`` when the day's time card is approved already.
    """
    _book(row, order, by, sign=1, purpose="")


def take_back_report_labour(row: ProductionReport, order: WorkOrder, by: User) -> None:
    """Book it back on the same day. Raises ``BusinessError`` when that time is approved or paid."""
    _book(row, order, by, sign=-1, purpose=REVERSAL)


def _book(row: ProductionReport, order: WorkOrder, by: User, *, sign: int, purpose: str) -> None:
    if row.employee is None or not row.labour_minutes or order.cost_object_id is None:
        return
    if not row.employee.is_time_recorded:
        return
    minutes = sign * row.labour_minutes
    labour = Labour(row.employee, row.date, minutes, order.cost_object_id, row, purpose)
    book_labour([labour], by=by)
