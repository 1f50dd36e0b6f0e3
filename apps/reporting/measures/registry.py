"""The shape of a measure, a chart and a work list, and the three registries.

Each is one SELECT over the registers. It may use the tables of ``apps.reporting.measures.scope``
(``company``: those the caller sees, with their currency) and the parameters ``companies``,
``sites`` (NULL: every site), ``today``, ``month``, ``now`` and ``user_id``. Many of them run as
one statement (``apps.reporting.queries.readings``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Unit(StrEnum):
    MONEY = "money"
    COUNT = "count"
    QUANTITY = "quantity"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Behind:
    """The page behind a figure: a list of ``model`` (``<app>.<Model>``), or the page ``view``.

    ``query`` may name ``{today}`` and ``{month}``. Where the statement returns the keys of the
    rows, the list shows exactly those.
    """

    model: str = ""
    query: str = ""
    view: str = ""
    view_arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. ``statement`` returns (currency, value, number of rows, their keys).

    Money comes once per currency, all else once, without one. ``note`` tells what ``{n}`` rows
    are behind it. ``is_alarm``: anything above zero wants somebody to act. ``is_company_wide``:
    it can't be told apart by site, so who sees only some sites does not see it.
    """

    code: str
    title: Any
    unit: Unit
    permission: str
    formula: Any
    statement: str
    behind: Behind = field(default_factory=Behind)
    note: Any = ""
    icon: str = "monitoring"
    is_alarm: bool = False
    is_company_wide: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """``statement`` returns (place, label, series, value), place giving the order of the labels.

    What no statement can say, ``read`` returns instead, given what was asked (``Asked``).
    ``names`` translates codes of labels and series. ``kind`` is how it is drawn: ``bar``,
    ``stack`` (with the series ``apart`` beside the stack) or ``rank`` (bars across).
    """

    code: str
    title: Any
    unit: Unit
    kind: str
    permission: str
    formula: Any
    statement: str = ""
    empty: Any = ""
    read: Callable[[Any], Iterable[Sequence[Any]]] | None = None
    names: dict[str, Any] = field(default_factory=dict)
    apart: tuple[str, ...] = ()
    is_company_wide: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Worklist:
    """The rows that want work first.

    ``statement`` returns (key, title, note, due date, share done or NULL), at most ten rows.
    """

    code: str
    title: Any
    permission: str
    model: str
    statement: str
    empty: Any
    names: dict[str, Any] = field(default_factory=dict)
    is_company_wide: bool = False
    needs: tuple[str, ...] = ()


_measures: dict[str, Measure] = {}
_charts: dict[str, Chart] = {}
_worklists: dict[str, Worklist] = {}


def register(*found: Measure | Chart | Worklist) -> None:
    registries: dict[type, dict[str, Any]] = {
        Measure: _measures,
        Chart: _charts,
        Worklist: _worklists,
    }
    for one in found:
        registry = registries[type(one)]
        if one.code in registry:
            raise ValueError(f"{one.code} is registered twice")
        registry[one.code] = one


def measures() -> dict[str, Measure]:
    return dict(_measures)


def charts() -> dict[str, Chart]:
    return dict(_charts)


def worklists() -> dict[str, Worklist]:
    return dict(_worklists)
