"""Taking back what was reported: the way back of every move, line and edge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.models import User
from apps.core.services.documents import lock, require_status
from apps.core.transactions import unit_of_work
from apps.execution.models import (
    MaterialIssue,
    ProductionReport,
    WorkOrder,
    WorkOrderOperation,
)
from apps.execution.queries.order_moves import document_moves, order_progress
from apps.execution.services import genealogy
from apps.execution.services.labour import take_back_report_labour
from apps.execution.services.locking import lock_order
from apps.execution.services.material_issues import JOURNAL
from apps.execution.services.shift_handovers import require_open_shift
from apps.execution.services.tool_wear import wear_tools
from apps.finance.models import JournalEntry
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import DIMENSIONS, Line
from apps.inventory.services.expected import reopen_expected
from apps.inventory.services.moves import PostedMove, reverse_moves
from apps.quality.services.inspections import cancel_inspections_of


def reverse_production_report(
    report: ProductionReport, *, date: Date, reason: str, by: User
) -> ProductionReport:
    """Undo a report on ``date``: goods leave stock, material comes back, time is taken back.

    Raises ``BusinessError`` when the goods have been used or shipped already, and when the shift
    that made them was handed over.
    """
    with unit_of_work():
        order = lock_order(report.work_order)
        require_status(order, *WorkOrder.OPEN_FOR_POSTING)
        report = lock(report)
        if report.operation is not None:
            centre_id = report.operation.work_centre_id
            require_open_shift(centre_id, report.reported_at, field="reported_at")
        report.transition_to(ProductionReport.Status.REVERSED)
        report.save_by(by, reason=reason)
        take_back_report_labour(report, order, by)
        cancel_inspections_of(order.company, [], source=report, reason=reason, by=by)
        _reverse_document(order, report, date, by)
        genealogy.unlink_source(order, source=report, by=by)
        units = report.quantity_good + report.quantity_scrap
        if report.machine_id is not None and report.event_id is None and units:
            wear_tools([(report.machine_id, report.reported_at, -units)])
        _step_back(order, report, by)
    return report


def reverse_material_issue(
    issue: MaterialIssue, *, date: Date, reason: str, by: User
) -> MaterialIssue:
    """Take back all that the issue handed out, at its own cost."""
    with unit_of_work():
        order = lock_order(issue.work_order)
        require_status(order, *WorkOrder.OPEN_FOR_POSTING)
        issue = lock(issue)
        issue.transition_to(MaterialIssue.Status.REVERSED)
        issue.save_by(by, reason=reason)
        lots = _reverse_document(order, issue, date, by)
        genealogy.unlink_inputs(order, lots, source=issue, by=by)
    return issue


def _reverse_document(order: WorkOrder, document: Any, date: Date, by: User) -> list[int]:
    """Reverse a document's moves and entry; the lots it had moved."""
    moves, _entry = document_moves(document)
    entry = posted_entry(document)

    def extra(_resolver: AccountResolver, _posted: Sequence[PostedMove]) -> list[Line]:
        return [] if entry is None else _time_lines_back(entry)

    reverse_moves(
        order.company,
        moves,
        source=document,
        date=date,
        journal=JOURNAL,
        by=by,
        description=_("Reversal of {document}").format(document=document.number),
        reverses_entry_id=entry.pk if entry else None,
        extra_lines=extra,
    )
    return [move.lot_id for move in moves if move.lot_id is not None]


def posted_entry(document: Any) -> JournalEntry | None:
    """The entry that a document posted first."""
    return JournalEntry.objects.filter(
        source_type=ContentType.objects.get_for_model(document), source_id=document.pk, purpose=""
    ).first()


def _time_lines_back(entry: JournalEntry) -> list[Line]:
    """The lines that no stock move carries: labour and machine time have no item."""
    return [
        Line(
            account_id=line.account_id,
            amount=-line.amount,
            currency=line.currency_id,
            amount_currency=-line.amount_currency,
            quantity=None if line.quantity is None else -line.quantity,
            memo=line.memo,
            **{name: getattr(line, name) for name in DIMENSIONS},
        )
        for line in entry.lines.filter(item__isnull=True)
    ]


def _step_back(order: WorkOrder, report: ProductionReport, by: User) -> None:
    progress = order_progress(order)
    if report.operation_id is not None:
        good, scrap = progress.reported.get(report.operation_id, (0, 0))
        status = WorkOrderOperation.Status
        if good < order.quantity:
            WorkOrderOperation.objects.filter(pk=report.operation_id).update(
                status=status.RUNNING if good or scrap else status.WAITING
            )
    is_short = progress.completed < order.quantity
    if order.status == WorkOrder.Status.COMPLETED and is_short:
        order.transition_to(WorkOrder.Status.RUNNING)
        order.completed_at = None
        order.save_by(by)
        reopen_expected(order.company, [order, *order.components.all()], by=by)
