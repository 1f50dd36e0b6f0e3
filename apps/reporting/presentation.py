"""The home page as plain data: what the template shows first, and the API keeps fresh."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from apps.core.models import Currency
from apps.reporting.links import address_behind, admin_address, step_address
from apps.reporting.measures import Unit
from apps.reporting.queries.home import HomePage
from apps.reporting.queries.readings import Filled, Plot, Reading
from apps.reporting.queries.scope import Asked

NOTHING = "–"


def currency_places() -> dict[str, int]:
    return dict(Currency.objects.values_list("code", "decimal_places"))


def present_home(home: HomePage) -> dict[str, Any]:
    """One statement, for the decimals of currencies."""
    places = currency_places()
    asked = home.asked
    return {
        "at": asked.now.isoformat(),
        "today": asked.today.isoformat(),
        "sections": [
            {
                "code": section.code,
                "title": section.title,
                "measures": [present_reading(r, asked, places) for r in section.readings],
                "charts": [present_plot(plot) for plot in section.plots],
                "worklists": [present_worklist(one, asked) for one in section.filled],
            }
            for section in home.sections
        ],
        "steps": [
            {
                "code": step.code,
                "title": str(step.title),
                "text": str(step.text),
                "url": step_address(step, asked),
            }
            for step in home.steps
        ],
    }


def present_reading(reading: Reading, asked: Asked, places: dict[str, int]) -> dict[str, Any]:
    measure = reading.measure
    note = str(measure.note).format(n=_number(Decimal(reading.rows or 0)))
    return {
        "code": measure.code,
        "title": str(measure.title),
        "formula": str(measure.formula),
        "unit": str(measure.unit),
        "icon": measure.icon,
        "values": [_present_value(*pair, measure.unit, places) for pair in _shown(reading)],
        "note": note if measure.note and reading.rows is not None else "",
        "is_alarm": measure.is_alarm and any((v or 0) > 0 for v in reading.values.values()),
        "url": address_behind(reading, asked),
    }


def present_plot(plot: Plot) -> dict[str, Any]:
    """Values are numbers for drawing; whoever counts money reads the measures.

    Where every value is zero there are no series: a sentence tells that better than bare axes.
    """
    chart = plot.chart
    has_values = any(value for values in plot.series.values() for value in values)
    apart = {str(chart.names.get(code, code)) for code in chart.apart}
    return {
        "code": chart.code,
        "title": str(chart.title),
        "formula": str(chart.formula),
        "unit": str(chart.unit),
        "kind": chart.kind,
        "labels": plot.labels,
        "series": [
            {
                "name": name,
                "is_apart": name in apart,
                "values": [None if value is None else float(value) for value in values],
            }
            for name, values in (plot.series.items() if has_values else ())
        ],
        "empty": str(chart.empty),
    }


def present_worklist(filled: Filled, asked: Asked) -> dict[str, Any]:
    worklist = filled.worklist
    page = admin_address(worklist.model, "change", asked, 0)
    return {
        "code": worklist.code,
        "title": str(worklist.title),
        "empty": str(worklist.empty),
        "url": admin_address(worklist.model, "changelist", asked),
        "entries": [
            {
                "title": entry.title,
                "note": entry.note,
                "due": formats.date_format(entry.due_date, "SHORT_DATE_FORMAT")
                if entry.due_date
                else "",
                "is_late": entry.due_date is not None and entry.due_date < asked.today,
                "percent": None if entry.share_done is None else int(entry.share_done * 100),
                "url": page.replace("/0/", f"/{entry.key}/") if page else "",
            }
            for entry in filled.entries
        ],
    }


def _shown(reading: Reading) -> list[tuple[str | None, Decimal | None]]:
    """Without the currencies in which there is nothing, unless there is nothing in any."""
    values = sorted(reading.values.items(), key=lambda pair: pair[0] or "")
    filled = [pair for pair in values if pair[1]]
    return filled or values[:1] or [(None, None)]


def _present_value(
    currency: str | None, value: Decimal | None, unit: Unit, places: dict[str, int]
) -> dict[str, Any]:
    if value is None:
        return {"currency": currency, "value": None, "text": NOTHING}
    rounded = _rounded(value, unit, currency, places)
    text = _number(rounded)
    if unit == Unit.PERCENT:
        text = _("{number} %").format(number=text)
    return {"currency": currency, "value": f"{rounded:f}", "text": text}


def _rounded(value: Decimal, unit: Unit, currency: str | None, places: dict[str, int]) -> Decimal:
    digits = {Unit.MONEY: places.get(currency or "", 2), Unit.PERCENT: 1, Unit.COUNT: 0}
    if unit in digits:
        return round(value, digits[unit])
    return value.to_integral_value() if value == value.to_integral_value() else value.normalize()


def _number(value: Decimal) -> str:
    return formats.number_format(f"{value:f}", use_l10n=True, force_grouping=True)
