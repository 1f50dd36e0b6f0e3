"""Indicators of ISO 22400-2 as a report: name, formula, elements and figure of each group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.models import Company, Site
from apps.core.reports import Column, Kind, Report, Row
from apps.execution.kpis import KPIS, NOT_MEASURED, Kpi, KpiElements, KpiUnit, Scope, Timing
from apps.execution.queries.kpis import kpis_by_shift, summed_kpis
from apps.execution.queries.oee import ShiftElements
from apps.masterdata.models import Machine, Shift, WorkCentre
from apps.reporting.pivot_request import find_row, read_date, refused, span
from apps.reporting.queries.scope import Asked

MOST_DAYS = 92
MOST_GROUPS = 200
#: What a sheet can be split by: its key in a row, and whose code names it.
KEYS: dict[str, tuple[Any, Callable[[ShiftElements], Any], type[Model] | None]] = {
    "total": (gettext_lazy("Everything"), lambda row: None, None),
    "site": (gettext_lazy("Site"), lambda row: row.site_id, Site),
    "work_centre": (gettext_lazy("Work centre"), lambda row: row.work_centre_id, WorkCentre),
    "machine": (gettext_lazy("Machine"), lambda row: row.machine_id, Machine),
    "shift": (
        gettext_lazy("Shift"),
        lambda row: row.shift.shift_id if row.shift else None,
        Shift,
    ),
    "day": (gettext_lazy("Day"), lambda row: row.day, None),
}
FILTERS: tuple[str, ...] = ("site", "work_centre", "machine", "shift")
NAMES = frozenset({"company", "period", "date_from", "date_to", "by", "as", "paper", *FILTERS})
UNITS = {
    KpiUnit.PERCENT: gettext_lazy("%"),
    KpiUnit.PER_HOUR: gettext_lazy("per hour"),
    KpiUnit.MINUTES: gettext_lazy("min"),
}
SCOPES = {
    Scope.WORK_UNIT: gettext_lazy("Work unit"),
    Scope.ORDER: gettext_lazy("Order"),
}
TIMINGS = {
    Timing.ON_DEMAND: gettext_lazy("On demand, periodic"),
    Timing.PERIODIC: gettext_lazy("Periodic"),
}


@dataclass(frozen=True, slots=True)
class SheetRequest:
    """``chosen``: filter to the row it names."""

    company: Company
    asked: Asked
    period: str
    date_from: Date
    date_to: Date
    by: str
    chosen: Mapping[str, Any]

    def words(self) -> dict[str, str]:
        """The parameters that ask the same again."""
        kept = {name: row.code for name, row in self.chosen.items()}
        days = {"date_from": self.date_from.isoformat(), "date_to": self.date_to.isoformat()}
        if self.period:
            days = {"period": self.period}
        return {"company": self.company.code, **days, "by": self.by, **kept}


def read_sheet_request(given: Mapping[str, str], asked: Asked) -> SheetRequest:
    """Raises ``InvalidInput`` naming the parameter that is unknown or wrong."""
    for name in given:
        if name not in NAMES:
            raise refused(name[:60], "unknown_parameter", _("There is no such parameter."))
    company = _company(given.get("company", ""), asked)
    by = given.get("by", "") or "work_centre"
    if by not in KEYS:
        raise refused(
            "by", "invalid_choice", _("Choose one of: {names}.").format(names=", ".join(KEYS))
        )
    period, date_from, date_to = _dates(given, asked.today)
    chosen = {
        name: find_row(name, given[name], company, asked) for name in FILTERS if given.get(name)
    }
    return SheetRequest(company, asked, period, date_from, date_to, by, chosen)


def _dates(given: Mapping[str, str], today: Date) -> tuple[str, Date, Date]:
    """A period, or two days: the name of the period is empty then."""
    period, first, last = (given.get(name, "") for name in ("period", "date_from", "date_to"))
    if period and (first or last):
        raise refused("period", "given_twice", _("Give a period or two dates, not both."))
    if first or last:
        period = ""
        date_to = read_date("date_to", last) if last else today
        date_from = read_date("date_from", first) if first else date_to
    else:
        period = period or "last_7_days"
        date_from, date_to = span(period, today)
    field = "period" if period else "date_from"
    if date_from > date_to:
        raise refused(field, "invalid", _("It begins after it ends."))
    if (date_to - date_from).days >= MOST_DAYS:
        raise refused(field, "too_long", _("At most {n} days at once.").format(n=MOST_DAYS))
    return period, date_from, date_to


def _company(code: str, asked: Asked) -> Company:
    rows = Company.objects.filter(pk__in=asked.company_ids).select_related("currency")
    if code:
        rows = rows.filter(code=code[:60]) if code.isprintable() else rows.none()
    found = list(rows.order_by("code")[:2])
    if not found:
        raise refused("company", "does_not_exist", _("There is no such company."))
    if len(found) > 1:
        raise refused("company", "company_required", _("Name the company: you belong to several."))
    return found[0]


def sheet_groups(wanted: SheetRequest) -> list[tuple[str, KpiElements]]:
    """Each group's name and elements, in order of the names."""
    machines = Machine.objects.filter(company=wanted.company).visible_to(wanted.asked.user)
    for name in ("site", "work_centre"):
        if name in wanted.chosen:
            machines = machines.filter(**{name: wanted.chosen[name]})
    if "machine" in wanted.chosen:
        machines = machines.filter(pk=wanted.chosen["machine"].pk)
    zone = timezone.get_current_timezone()
    # A day earlier and later: sites have time zones of their own.
    since = datetime.combine(wanted.date_from - timedelta(days=1), datetime.min.time(), zone)
    until = datetime.combine(wanted.date_to + timedelta(days=2), datetime.min.time(), zone)
    rows = kpis_by_shift(
        wanted.company,
        machines,
        since=since,
        until=min(until, wanted.asked.now),
        days=(wanted.date_from, wanted.date_to),
        now=wanted.asked.now,
    )
    if shift := wanted.chosen.get("shift"):
        rows = [one for one in rows if one.row.shift and one.row.shift.shift_id == shift.pk]
    _title, key, model = KEYS[wanted.by]
    groups = summed_kpis(rows, key)
    if len(groups) > MOST_GROUPS:
        raise refused("by", "too_many_groups", _("At most {n} groups.").format(n=MOST_GROUPS))
    names = _names(model, [found for found in groups if found is not None])
    return sorted((names.get(found, _name(found)), value) for found, value in groups.items())


def _names(model: type[Model] | None, keys: list[Any]) -> dict[Any, str]:
    if model is None:
        return {}
    rows = model._default_manager.filter(pk__in=keys).values_list("pk", "code", "name")
    return {key: f"{code} {name}" for key, code, name in rows}


def _name(key: Any) -> str:
    if isinstance(key, Date):
        return key.isoformat()
    return "" if key is None else str(key)


def kpi_report(wanted: SheetRequest) -> Report:
    """A row per group and indicator, then those of the standard that nobody measures here."""
    title, _key, _model = KEYS[wanted.by]
    company = wanted.company
    rows = [
        Row(_cells(group, kpi, elements))
        for group, elements in sheet_groups(wanted)
        for kpi in KPIS
    ]
    rows += [
        Row(
            (
                "",
                str(one.name),
                one.formula,
                str(one.reason),
                None,
                _("not measured"),
                "",
                "",
            ),
            level=1,
        )
        for one in NOT_MEASURED
    ]
    filters = [f"{KEYS[name][0]}: {row.code}" for name, row in wanted.chosen.items()]
    return Report(
        title=_("Indicators of ISO 22400-2"),
        subtitles=(
            f"{company.code} {company.name}",
            f"{wanted.date_from.isoformat()} – {wanted.date_to.isoformat()}",
            *filters,
        ),
        columns=(
            Column("group", str(title)),
            Column("indicator", _("Indicator")),
            Column("formula", _("Formula")),
            Column("elements", _("Elements")),
            Column("figure", _("Figure"), Kind.QUANTITY),
            Column("unit", _("Unit")),
            Column("scope", _("Scope")),
            Column("timing", _("Timing")),
        ),
        rows=rows,
        decimal_places=company.currency.decimal_places,
    )


def _cells(group: str, kpi: Kpi, elements: KpiElements) -> tuple[Any, ...]:
    value = kpi.value(elements)
    if value is not None:
        value = round(value * 100 if kpi.unit == KpiUnit.PERCENT else value, 2)
    parts = (
        f"{name.upper().replace('_', ' × ')} {round(getattr(elements, name), 2).normalize():f}"
        for name in kpi.elements
    )
    return (
        group,
        str(kpi.name),
        kpi.formula,
        "; ".join(parts),
        value,
        str(UNITS[kpi.unit]),
        str(SCOPES[kpi.scope]),
        str(TIMINGS[kpi.timing]),
    )
