"""Activities: planned, done or dropped, about any document of the chain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.core.services.documents import (
    insert_all,
    lock,
    require_reason,
    require_status,
    update_all,
)
from apps.core.services.master_data import update_row
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.crm.models import Activity
from apps.crm.queries.chain import partner_of

SERIES = "crm_activity_series"
PREFIX = "AC"
Status = Activity.Status


def plan_activity(
    target: Any,
    *,
    subject: str,
    due_date: Date,
    by: User,
    kind: str = Activity.Kind.TASK,
    owner: User | None = None,
    note: str = "",
) -> Activity:
    """Something to do about ``target`` by ``due_date``; the owner is who plans it by default."""
    if not subject.strip():
        raise InvalidInput("required", _("Say what is to be done."), field="subject")
    with unit_of_work():
        activity = Activity(
            company_id=target.company_id,
            number=next_number(SERIES, PREFIX),
            kind=kind,
            subject=subject,
            note=note,
            due_date=due_date,
            owner=owner or by,
            target_type=ContentType.objects.get_for_model(target),
            target_id=target.pk,
            partner=partner_of(target),
            created_by=by,
        )
        return insert_all([activity], by=by)[0]


def update_activity(
    activity: Activity, *, by: User, version: int | None = None, **values: Any
) -> Activity:
    """Change what is still to be done."""
    with unit_of_work():
        require_status(lock(activity, version=version), Status.PLANNED)
        return update_row(activity, values=values, by=by)


def finish_activity(
    activity: Activity, *, by: User, outcome: str = "", version: int | None = None
) -> Activity:
    with unit_of_work():
        activity = lock(activity, version=version)
        activity.transition_to(Status.DONE)
        activity.done_at, activity.outcome = timezone.now(), outcome
        return update_all([activity], "status", "done_at", "outcome", by=by)[0]


def cancel_activity(
    activity: Activity, *, reason: str, by: User, version: int | None = None
) -> Activity:
    reason = require_reason(reason)
    with unit_of_work():
        activity = lock(activity, version=version)
        activity.transition_to(Status.CANCELLED)
        return update_all([activity], "status", by=by, reason=reason)[0]


def move_activities(targets: Sequence[Any], target: Any, *, by: User) -> None:
    """What was about ``targets`` (of one model) is about ``target`` from now on."""
    rows = list(
        Activity.objects.select_for_update(of=("self",))
        .filter(
            target_type=ContentType.objects.get_for_model(target),
            target_id__in=[one.pk for one in targets],
        )
        .order_by("pk")
    )
    for row in rows:
        row.target_id = target.pk
    update_all(rows, "target_id", by=by, reason=_("Merged"))
