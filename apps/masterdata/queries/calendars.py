"""When sites work: their shifts and holidays, read once and then asked without the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date as Date
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, Site
from apps.core.sql import fetch_all
from apps.masterdata.shift_spans import ShiftPattern, ShiftSpan, SiteCalendar

_CALENDARS = """
SELECT s.id, s.time_zone, h.id, h.code, h.starts_at, h.ends_at, h.break_minutes, h.weekdays
  FROM core_site s
  LEFT JOIN masterdata_shift h ON h.site_id = s.id AND h.is_active
 WHERE s.company_id = %s AND s.id = ANY(%s) ORDER BY s.id, h.starts_at, h.code
"""
_HOLIDAYS = "SELECT site_id, date FROM masterdata_holiday WHERE company_id = %s"


def calendars_of(company: Company, site_ids: Iterable[int]) -> dict[int, SiteCalendar]:
    """The calendar of each site, in two statements."""
    zones: dict[int, str] = {}
    patterns: dict[int, list[ShiftPattern]] = {}
    for site_id, zone, *shift in fetch_all(_CALENDARS, [company.pk, sorted(set(site_ids))]):
        zones[site_id] = zone
        patterns.setdefault(site_id, [])
        if shift[0] is not None:
            patterns[site_id].append(_pattern(*shift))
    everywhere: set[Date] = set()
    local: dict[int, set[Date]] = {site_id: set() for site_id in zones}
    for site_id, date in fetch_all(_HOLIDAYS, [company.pk]):
        if site_id is None:
            everywhere.add(date)
        elif site_id in local:
            local[site_id].add(date)
    return {
        site_id: SiteCalendar(
            ZoneInfo(zone), tuple(patterns[site_id]), frozenset(everywhere | local[site_id])
        )
        for site_id, zone in zones.items()
    }


def calendar_of(site: Site) -> SiteCalendar:
    """The calendar of one site."""
    return calendars_of(site.company, [site.pk])[site.pk]


def shifts_on(site: Site, date: Date) -> list[ShiftSpan]:
    """The shifts of a site that start on a local date, in UTC; none on a holiday."""
    return calendar_of(site).spans_on(date)


def shift_at(site: Site, moment: datetime) -> ShiftSpan | None:
    """The shift in which ``moment`` lies."""
    if moment.tzinfo is None:
        raise InvalidInput("naive_time", _("Give the time with its zone."), field="at")
    return calendar_of(site).shift_at(moment)


def _pattern(
    shift_id: Any, code: str, starts_at: time, ends_at: time, break_minutes: int, weekdays: int
) -> ShiftPattern:
    return ShiftPattern(shift_id, code, starts_at, ends_at, break_minutes, weekdays)
