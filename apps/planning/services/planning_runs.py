"""Runs of the plan: asked for, calculated in one transaction, kept until the next one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date as Date
from time import perf_counter

import numpy as np
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.services.documents import lock, require_company, require_status
from apps.core.services.numbering import next_number
from apps.core.sql import execute
from apps.core.transactions import unit_of_work
from apps.masterdata.models import Item
from apps.planning.engine.errors import PlanError
from apps.planning.engine.plan import make_plan
from apps.planning.models import PlanningRun
from apps.planning.queries.situations import PlanInput, read_situation
from apps.planning.services.messages import write_messages
from apps.planning.services.plan_storage import follow_drafts, forget_plan, store_plan

SERIES = "planning_planningrun_series"
PREFIX = "MRP"
LONGEST_HORIZON = 1830
STEPS = 4
# One plan of a company at a time: the second waits and then replaces the first.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('planning.plan'), %s)"
Status = PlanningRun.Status
Report = Callable[[int, int, str], None]


def create_planning_run(
    company: Company,
    *,
    by: User,
    site: Site | None = None,
    planned_on: Date | None = None,
    horizon_days: int = 180,
    bucket: str = PlanningRun.Bucket.DAY,
    is_rescheduling: bool = True,
    tolerance_days: int = 0,
    reason: str = "",
) -> PlanningRun:
    """Ask for a plan of ``site``, or of all sites; nothing is calculated yet.

    Without a day it is planned as of today. Raises ``InvalidInput`` for a horizon out of bounds.
    """
    require_company(company, site=site)
    if not 1 <= horizon_days <= LONGEST_HORIZON:
        raise InvalidInput(
            "bad_horizon",
            _("Plan for 1 to {days} days.").format(days=LONGEST_HORIZON),
            field="horizon_days",
        )
    if bucket not in PlanningRun.Bucket.values:
        raise InvalidInput("unknown_bucket", _("Plan by day or by week."), field="bucket")
    zone_site = site or Site.objects.filter(company=company, is_active=True).order_by("pk").first()
    if zone_site is None:
        raise InvalidInput("no_site", _("The company has no site."), field="site")
    with unit_of_work():
        return PlanningRun(
            company=company,
            number=next_number(SERIES, PREFIX),
            site=site,
            planned_on=planned_on or timezone.now().astimezone(zone_site.zone).date(),
            horizon_days=horizon_days,
            bucket=bucket,
            is_rescheduling=is_rescheduling,
            tolerance_days=tolerance_days,
            created_by=by,
        ).save_by(by, reason=reason)


def calculate_plan(
    run: PlanningRun, *, by: User, report: Report = lambda done, total, message: None
) -> PlanningRun:
    """Read, plan, peg, store: the plan of the last run is replaced in the same transaction.

    Raises ``InvalidInput`` naming what makes a plan impossible (a circle in the bills, a site
    without a calendar, demand below zero); then the last plan stands as it was.
    """
    started = perf_counter()
    with unit_of_work():
        execute(_ONE_AT_A_TIME, [run.company_id])
        run = lock(run)
        require_status(run, Status.QUEUED, Status.FAILED)
        if run.status == Status.FAILED:
            run.transition_to(Status.QUEUED)
        run.transition_to(Status.RUNNING)
        run.started_at = timezone.now()
        report(0, STEPS, _("Reading"))
        follow_drafts(run.company_id)
        try:
            found = _read(run)
            report(1, STEPS, _("Planning"))
            plan = make_plan(found.situation)
        except PlanError as error:
            raise _refusal(error, locals().get("found")) from error
        report(2, STEPS, _("Storing"))
        forget_plan(run)
        stored = store_plan(run, found, plan)
        report(3, STEPS, _("Messages"))
        run.message_count = write_messages(run, found, plan, stored)
        run.item_count = len(found.network.item)
        run.order_count = len(plan.orders) + len(found.scheduled.node)
        _make_current(run, by)
        run.seconds = round(perf_counter() - started, 3)
        return run.save_by(by)


def _read(run: PlanningRun) -> PlanInput:
    return read_situation(
        run.company,
        site=run.site,
        planned_on=run.planned_on,
        days=run.horizon_days + 1,
        by_week=run.bucket == PlanningRun.Bucket.WEEK,
        is_rescheduling=run.is_rescheduling,
    )


def _make_current(run: PlanningRun, by: User) -> None:
    """This run is the plan of its sites now; runs that it replaces are so no longer."""
    rows = PlanningRun.objects.filter(company_id=run.company_id, is_current=True)
    if run.site_id is not None:
        rows = rows.filter(Q(site_id=run.site_id) | Q(site_id__isnull=True))
    rows.exclude(pk=run.pk).update(is_current=False, version=F("version") + 1)
    run.is_current = True
    run.message = ""
    run.transition_to(Status.DONE)
    run.finished_at = timezone.now()


def fail_planning_run(run: PlanningRun, *, message: str, by: User) -> PlanningRun:
    """Note why a run in the background came to nothing; it can be started again."""
    with unit_of_work():
        run = lock(run)
        require_status(run, Status.QUEUED)
        run.transition_to(Status.RUNNING)
        run.transition_to(Status.FAILED)
        run.message = message
        run.finished_at = timezone.now()
        return run.save_by(by)


def cancel_planning_run(run: PlanningRun, *, by: User) -> PlanningRun:
    """Take back a run that was not calculated."""
    with unit_of_work():
        run = lock(run)
        run.transition_to(Status.CANCELLED)
        return run.save_by(by)


def _refusal(error: PlanError, found: PlanInput | None) -> BusinessError:
    """The engine's refusal in the suite's words, with the items by code."""
    if error.code == "circular_structure":
        codes = _codes(error.items)
        text = _("The bills of materials run in a circle: {items}.")
        return InvalidInput(
            "circular_bom",
            text.format(items=" → ".join(codes)),
            field="bom",
            details={"items": codes},
        )
    if error.code == "no_calendar":
        site = Site.objects.filter(pk__in=error.items).first()
        return InvalidInput(
            "no_calendar",
            _("{site} has no shifts: without a calendar no lead time can be counted.").format(
                site=site
            ),
            field="site",
        )
    text = {
        "no_working_days": _("There is no working day within the horizon."),
        "lot_size_required": _("A fixed lot needs its size."),
        "negative_demand": _("There is demand below zero."),
        "ratio_too_fine": _("A bill of materials has quantities too fine to plan with."),
        "quantity_too_large": _("A quantity is too large to plan with."),
    }[error.code]
    codes = []
    if found is not None and error.items:
        nodes = np.array(error.items, dtype=np.int64)
        codes = _codes(tuple(found.items.ids[found.network.item[nodes]].tolist()))
    return InvalidInput(error.code, text, field=error.field, details={"items": codes})


def _codes(item_ids: tuple[int, ...]) -> list[str]:
    known = dict(Item.objects.filter(pk__in=item_ids).values_list("pk", "code"))
    return [known.get(key, str(key)) for key in item_ids]
