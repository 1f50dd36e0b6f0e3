"""Putting tools on machines, taking them off, and renewing them.

Locks: the machine's timeline, then the tool.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import lock, require_company
from apps.core.sql import execute, fetch_all
from apps.core.transactions import unit_of_work
from apps.execution.models import ToolLife, ToolMounting
from apps.execution.services.floor_news import tell_floor
from apps.execution.services.machine_locks import lock_machines
from apps.execution.services.moments import moment_of
from apps.execution.services.tool_wear import MADE
from apps.masterdata.models import Machine, Tool

_ADD = """
INSERT INTO execution_toollife AS l (company_id, tool_id, pieces, pieces_renewed)
VALUES (%s, %s, %s, 0)
ON CONFLICT (tool_id) DO UPDATE SET pieces = l.pieces + excluded.pieces
"""
_RENEW = "UPDATE execution_toollife SET pieces_renewed = pieces WHERE tool_id = %s"
_FOREVER = datetime.max.replace(tzinfo=UTC)
_MADE = MADE.format(machine="%(machine)s", since="%(since)s", until="%(until)s")


def mount_tool(
    tool: Tool, *, machine: Machine, by: User, at: datetime | None = None
) -> ToolMounting:
    """Put ``tool`` on ``machine`` from ``at`` (now) on; what was made since then wears it.

    Raises ``BusinessError`` when it is on a machine, ``InvalidInput`` for a tool of another site.
    """
    at = moment_of(at)
    with unit_of_work():
        lock_machines([machine.pk])
        tool = lock(tool)
        require_company(tool.company, machine=machine)
        if machine.site_id != tool.site_id or not tool.is_active:
            raise InvalidInput(
                "wrong_tool", _("{tool} is not for this site.").format(tool=tool.code), field="tool"
            )
        _require_free(tool, at)
        row = ToolMounting(company_id=tool.company_id, tool=tool, machine=machine, starts_at=at)
        row.save_by(by)
        _wear(tool, machine.pk, since=at, sign=1)
        tell_floor(tool.company_id, [machine.pk])
    return row


def take_tool_off(mounting: ToolMounting, *, by: User, at: datetime | None = None) -> ToolMounting:
    """Take the tool off its machine; what was made since ``at`` no longer wears it."""
    at = moment_of(at)
    with unit_of_work():
        lock_machines([mounting.machine_id])
        mounting = lock(mounting)
        if mounting.ends_at is not None:
            raise BusinessError("not_mounted", _("It is off the machine already."))
        if at <= mounting.starts_at:
            raise InvalidInput("before_start", _("It was not on the machine then."), field="at")
        _wear(mounting.tool, mounting.machine_id, since=at, sign=-1)
        mounting.ends_at = at
        mounting.save_by(by)
        tell_floor(mounting.company_id, [mounting.machine_id])
    return mounting


def renew_tool(tool: Tool, *, reason: str, by: User) -> Tool:
    """It was reground or repaired: its life begins anew. The reason is kept in its history."""
    if not reason.strip():
        raise InvalidInput("reason_required", _("Say why."), field="reason")
    with unit_of_work():
        tool = lock(tool)
        tool.save_by(by, reason=reason)
        execute(_RENEW, [tool.pk])
    return tool


def pieces_made(tool: Tool) -> Decimal:
    """Pieces since it was new or renewed."""
    life = ToolLife.objects.filter(tool=tool).first()
    return Decimal(0) if life is None else life.pieces - life.pieces_renewed


def _require_free(tool: Tool, at: datetime) -> None:
    last = ToolMounting.objects.filter(tool=tool).select_related("machine").first()
    if last is not None and (last.ends_at is None or last.ends_at > at):
        raise BusinessError(
            "tool_in_use",
            _("{tool} is on {machine}.").format(tool=tool.code, machine=last.machine.code),
            field="tool",
        )


def _wear(tool: Tool, machine_id: int, *, since: datetime, sign: int) -> None:
    asked = {"machine": machine_id, "since": since, "until": _FOREVER}
    [[pieces]] = fetch_all(_MADE, asked)
    if pieces:
        execute(_ADD, [tool.company_id, tool.pk, sign * pieces])
