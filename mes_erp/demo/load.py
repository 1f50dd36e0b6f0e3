"""The demo plant: called once in a freshly migrated database, and again when it broke off."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date as Date
from datetime import datetime, timedelta
from datetime import time as Time
from zoneinfo import ZoneInfo

from django.db.models import Max, Min
from django.utils import timezone

from apps.core.models import Company, ExchangeRate
from apps.core.sql import execute
from apps.core.transactions import unit_of_work
from mes_erp.demo.clock import Clock, story_time
from mes_erp.demo.company import Company as Files
from mes_erp.demo.company import read_company
from mes_erp.demo.plan.model import Plan
from mes_erp.demo.plan.month import month_until, plan_month
from mes_erp.demo.play import design, master_data, people, set_up
from mes_erp.demo.play.agenda import Agenda
from mes_erp.demo.play.andon import create_andon_categories
from mes_erp.demo.play.bookkeeping import set_up_bookkeeping
from mes_erp.demo.play.connecting import set_up_connections
from mes_erp.demo.play.courting import set_up_selling
from mes_erp.demo.play.inspecting import set_up_quality
from mes_erp.demo.play.maintaining import set_up_maintenance
from mes_erp.demo.play.money import Treasurer
from mes_erp.demo.play.moving import Mover
from mes_erp.demo.play.planning import set_up_planning
from mes_erp.demo.play.plant import Plant
from mes_erp.demo.play.projects import set_up_projects
from mes_erp.demo.play.reporting import set_up_integration
from mes_erp.demo.play.set_up import Login, logins
from mes_erp.demo.play.storekeeping import set_up_stores
from mes_erp.demo.working_time import WorkingTime

SEED = 7
DAY = timedelta(days=1)
Report = Callable[[str, int, int], None]

# Printed by `manage.py demo`; the server listens to this machine only.
LOGINS: list[Login] = logins()


def load_demo_plant(
    report: Report, *, first: Date | None = None, seed: int = SEED, days: int | None = None
) -> Plan:
    """Set the company up and play its month; ``report(step, done, total)`` shows progress.

    ``first`` is the first of the 31 days to play (``days``: no more of them); by default they end
    yesterday. Each day is
    one transaction that writes the day's exchange rates first: so the last rate tells how far the
    story got, and a load that broke off goes on with the day after.
    """
    files = read_company()
    began, played = _progress(files)
    first = began or first or month_until(timezone.localdate())
    plan = plan_month(files, first=first, seed=seed)
    total = (plan.last - plan.first).days + 2
    time = WorkingTime(files, plan.first, plan.last)
    with story_time(_morning(files, first - DAY)) as clock, hurry():
        if played is None:
            report("company, master data, designs, opening balances", 0, total)
            with unit_of_work():
                _open(files, time, plan, seed)
            played = first - DAY
        until = plan.last if days is None else plan.first + (days - 1) * DAY
        _play(Agenda(Plant(files, time), plan, seed), clock, report, played, until, total)
    return plan


@contextmanager
def hurry() -> Iterator[None]:
    """For one program that does the same few things ten thousand times.

    What is loaded by now stays, so the collector need not look at it again and again; and a
    statement keeps its plan, where the server would weigh a new one at every call.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    execute("SET plan_cache_mode = force_generic_plan")
    try:
        yield
    finally:
        execute("RESET plan_cache_mode")
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _progress(files: Files) -> tuple[Date | None, Date | None]:
    """The first day of a story that has begun, and the last day that was played."""
    company = Company.objects.filter(code=files.story["company"]["code"]).first()
    rates = ExchangeRate.objects.filter(company=company) if company else None
    if rates is None:
        return None, None
    found = rates.aggregate(first=Min("date"), last=Max("date"))
    return (found["first"] + DAY, found["last"]) if found["first"] else (None, None)


def _open(files: Files, time: WorkingTime, plan: Plan, seed: int) -> None:
    date = plan.first - DAY
    years = sorted({date.year, plan.first.year, (plan.last + DAY).year})
    company, by = set_up.create_company(files, years=years)
    master_data.import_master_data(company, files, years=years, by=by)
    set_up.create_places(company, files, by)
    set_up.create_posting_rules(company, by)
    create_andon_categories(company, by)
    plant = Plant(files, time)
    design.release_designs(plant)
    design.set_standard_costs(plant, date)
    people.hire(plant, plan.first)
    set_up_maintenance(plant, plan)
    set_up_quality(plant, plan.first)
    set_up_planning(plant)
    set_up_selling(plant, plan.first)
    set_up_projects(plant, plan.first)
    set_up_integration(plant, by)
    set_up_connections(plant, by)
    treasurer = Treasurer(plant, seed, plan.first)
    treasurer.set_rates(date)
    Mover(plant).open_stock(plan, date)
    treasurer.open_books(date)
    set_up_bookkeeping(plant, date)
    set_up_stores(plant, date)


def _play(
    agenda: Agenda, clock: Clock, report: Report, played: Date, until: Date, total: int
) -> None:
    for done, (day, acts) in enumerate(agenda.by_day().items(), start=1):
        if not played < day <= until:
            continue
        report(f"{day:%A %d %B}: {len(acts)} acts", done, total)
        with unit_of_work():
            for act in acts:
                clock.set(act.at)
                act.do()
    report("month played", total, total)


def _morning(files: Files, day: Date) -> datetime:
    zone = ZoneInfo(files.story["sites"][0]["time_zone"])
    return datetime.combine(day, Time(6), tzinfo=zone)
