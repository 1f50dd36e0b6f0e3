"""The gate of controlled documents: who has not read the work instruction does not do the work."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.engineering.queries.instructions import unread_revision
from apps.execution.models import WorkOrderOperation
from apps.hr.models import Employee


def require_read(operation: WorkOrderOperation, employee: Employee | None) -> None:
    """Raise ``BusinessError`` unless ``employee`` has read and understood what the order froze.

    Nothing is asked where the operation has no instruction, or one that need not be acknowledged.
    """
    revision = unread_revision(operation.instruction_revision_id, employee)
    if revision is None:
        return
    details = {"instruction": revision.instruction.code, "revision": revision.revision}
    if employee is None:
        raise BusinessError(
            "employee_required",
            _("Say who does it: {instruction} must be read and understood.").format(
                instruction=revision
            ),
            field="employee",
            details=details,
        )
    raise BusinessError(
        "not_acknowledged",
        _("{employee} has not yet read and understood {instruction}.").format(
            employee=employee, instruction=revision
        ),
        field="employee",
        details=details,
    )
