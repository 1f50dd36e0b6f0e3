"""Measures, charts and work lists of a caller: one statement for all measures, and so on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal
from typing import Any

from apps.core.sql import fetch_all
from apps.reporting.measures import Chart, Measure, Worklist
from apps.reporting.measures.scope import with_tables
from apps.reporting.queries.scope import Asked

MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """What a measure says: a value per currency (None where it is no money), and the rows behind.

    A value of None: there is nothing to measure. ``keys`` is None when the rows are too many to
    name, or the measure names none.
    """

    measure: Measure
    values: dict[str | None, Decimal | None]
    rows: int | None
    keys: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart's labels in order, and the values of each series at them."""

    chart: Chart
    labels: list[str]
    series: dict[str, list[Decimal | None]]


@dataclass(frozen=True, slots=True)
class Entry:
    key: int
    title: str
    note: str
    due_date: Date | None
    share_done: Decimal | None


@dataclass(frozen=True, slots=True)
class Filled:
    worklist: Worklist
    entries: list[Entry] = field(default_factory=list)


def read_measures(chosen: Sequence[Measure], asked: Asked) -> list[Reading]:
    """In the order of ``chosen``; one statement. The caller has checked permissions."""
    shape = f"currency::text, value::numeric, n::bigint, (keys::bigint[])[1:{MOST_KEYS + 1}]"
    rows = _read(chosen, shape, "currency, value, n, keys", asked)
    return [_reading(measure, rows.get(measure.code, [])) for measure in chosen]


def read_charts(chosen: Sequence[Chart], asked: Asked) -> list[Plot]:
    """In the order of ``chosen``; one statement, and those of charts that read for themselves."""
    stated = [chart for chart in chosen if chart.read is None]
    shape = "place::int, label::text, series::text, value::numeric"
    rows = _read(stated, shape, "place, label, series, value", asked)
    rows |= {chart.code: list(chart.read(asked)) for chart in chosen if chart.read is not None}
    return [_plot(chart, rows.get(chart.code, [])) for chart in chosen]


def read_worklists(chosen: Sequence[Worklist], asked: Asked) -> list[Filled]:
    """In the order of ``chosen``; one statement."""
    shape = "key::bigint, title::text, note::text, due::date, share::numeric"
    rows = _read(chosen, shape, "key, title, note, due, share", asked)
    return [
        Filled(
            worklist,
            [
                Entry(key, title, _named(worklist, note), due, share)
                for key, title, note, due, share in rows.get(worklist.code, [])
            ],
        )
        for worklist in chosen
    ]


def _read(
    chosen: Sequence[Any], shape: str, names: str, asked: Asked
) -> dict[str, list[Sequence[Any]]]:
    """Rows by code. Each statement keeps its own order: a column numbers its rows."""
    if not chosen:
        return {}
    parts = " UNION ALL ".join(
        f"SELECT '{one.code}', row_number() OVER () AS row_place, {shape}"  # noqa: S608 - our codes
        f" FROM ({one.statement}) AS x({names})"
        for one in chosen
    )
    needs = {name for one in chosen for name in one.needs}
    found: dict[str, list[Sequence[Any]]] = {}
    for code, _place, *row in fetch_all(
        f"{with_tables(needs)}{parts} ORDER BY 1, 2", asked.parameters()
    ):
        found.setdefault(code, []).append(row)
    return found


def _reading(measure: Measure, rows: Iterable[Sequence[Any]]) -> Reading:
    values: dict[str | None, Decimal | None] = {}
    number: int | None = None
    keys: list[int] | None = None
    for currency, value, n, row_keys in rows:
        values[currency] = value
        if n is not None:
            number = (number or 0) + n
        if row_keys is not None:
            keys = [*(keys or []), *(key for key in row_keys if key is not None)]
    named = tuple(keys) if keys is not None and len(keys) <= MOST_KEYS else None
    return Reading(measure, values, number, named)


def _plot(chart: Chart, rows: Iterable[Sequence[Any]]) -> Plot:
    rows = sorted(rows, key=lambda row: row[0])
    places = list(dict.fromkeys((row[0], row[1]) for row in rows))
    index = {place: n for n, place in enumerate(places)}
    found: dict[str, list[Decimal | None]] = {}
    for place, label, name, value in rows:
        found.setdefault(name, [None] * len(places))[index[place, label]] = value
    order = list(chart.names)
    by_order = sorted(found, key=lambda name: (_place(order, name.partition(" ")[0]), name))
    return Plot(
        chart,
        [_named(chart, label) for _place, label in places],
        {_series_name(chart, name): found[name] for name in by_order},
    )


def _place(order: Sequence[str], code: str) -> int:
    return order.index(code) if code in order else len(order)


def _named(one: Any, text: str | None) -> str:
    return str(one.names.get(text, text or ""))


def _series_name(chart: Chart, name: str) -> str:
    """``revenue EUR`` becomes ``Revenue EUR``: a code, then perhaps a currency."""
    code, _space, currency = name.partition(" ")
    return f"{_named(chart, code)} {currency}".strip()
