"""What was quarantined, played again once it can be used, or dismissed."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.services.documents import lock, require_reason, require_status
from apps.core.transactions import unit_of_work
from apps.execution.services.machine_alarms import Alarm, explain_stops, record_alarms
from apps.execution.services.machine_events import record_events
from apps.integration.models import QuarantinedReading
from apps.integration.protocols.readings import Reading
from apps.integration.services.machine_connections import acting_user
from apps.integration.services.readings import take_readings

Status = QuarantinedReading.Status


def replay_quarantined(row: QuarantinedReading, *, by: User) -> QuarantinedReading:
    """Play it again, now that its signal is known or its hold is gone.

    Raises ``BusinessError`` with the reason for which it still can't be used.
    """

    with unit_of_work():
        row = lock(row)
        require_status(row, Status.WAITING)
        connection = row.connection
        if "event" in row.payload:
            recorder = acting_user(connection.account)
            [result] = record_events(connection.company, [row.payload["event"]], by=recorder)
            if result.error is not None:
                raise BusinessError(result.error.code, result.error.detail)
        elif "alarm" in row.payload:
            _replay_alarm(row)
        elif "reading" in row.payload:
            said = row.payload["reading"]
            at = datetime.fromisoformat(said["at"])
            taken = take_readings(
                connection, [Reading(said["path"], said["value"], at, said["is_known"])]
            )
            if taken.quarantined:
                raise BusinessError("still_unusable", _("It still can't be used."), field="status")
        else:
            raise BusinessError(
                "not_replayable", _("It could not even be read: dismiss it."), field="status"
            )
        row.status = Status.REPLAYED
        return row.save_by(by)


def _replay_alarm(row: QuarantinedReading) -> None:
    company, alarm = row.connection.company, Alarm.of(row.payload["alarm"])
    recorder = acting_user(row.connection.account)
    for _alarm, error in record_alarms(company, [alarm], by=recorder):
        raise BusinessError(error.code, error.detail)
    explain_stops(company, [(alarm.machine, alarm.at)], by=recorder)


def dismiss_quarantined(row: QuarantinedReading, *, reason: str, by: User) -> QuarantinedReading:
    """Nobody needs it; it stays, with the reason."""
    reason = require_reason(reason)
    with unit_of_work():
        row = lock(row)
        require_status(row, Status.WAITING)
        row.status = Status.DISMISSED
        return row.save_by(by, reason=reason)
