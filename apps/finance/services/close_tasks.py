"""Tasks of the close: each names a check that exists, or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.finance.close_checks import close_checks
from apps.finance.models import CloseTask


def create_close_task(*, by: Any, reason: str = "", **values: Any) -> CloseTask:
    """A new task. Raises ``InvalidInput`` for a check that does not exist."""
    with unit_of_work():
        task = create_row(CloseTask, values=values, by=by, reason=reason)
        check_close_tasks([task])
    return task


def update_close_task(
    task: CloseTask, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> CloseTask:
    """Change a task; closes that were started keep their steps as they were."""
    with unit_of_work():
        changed = update_row(task, values=values, by=by, version=version, reason=reason)
        check_close_tasks([changed])
    return changed


def check_close_tasks(tasks: Sequence[CloseTask]) -> None:
    """Raise ``InvalidInput`` naming the row whose check does not exist."""
    known = close_checks()
    for row, task in enumerate(tasks):
        if task.check_code and task.check_code not in known:
            raise InvalidInput(
                "unknown_check",
                _("There is no check {code}; there are: {known}.").format(
                    code=task.check_code, known=", ".join(sorted(known))
                ),
                field="check_code",
                row=row,
            )
