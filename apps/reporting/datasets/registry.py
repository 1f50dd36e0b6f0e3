"""The shape of a dataset: one SELECT over registers, what it can be split by, what it sums to.

A row of the statement is a fact. It has ``date`` (unless the dataset is of this moment),
``label``, ``source_type_id`` and ``source_id`` (the document behind it), ``site_id``, a column
per dimension and the raw figures that values add up. A ratio divides sums; no value is an average
of ratios, so a total is right at every level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.reporting.measures.registry import Unit


@dataclass(frozen=True, slots=True)
class Dimension:
    """What facts are told apart by: rows of ``model`` (``<app>.<Model>``) or a part of the date.

    ``expression`` is the key as SQL over the fact ``f``; rows are named by ``code_column``.
    """

    code: str
    title: Any
    expression: str
    model: str = ""
    code_column: str = "code"
    name_column: str = "name"

    @property
    def is_period(self) -> bool:
        return not self.model


@dataclass(frozen=True, slots=True)
class Value:
    """A figure: ``expression`` aggregates raw columns of the facts ``f``.

    ``measure`` is the measure of a home page that says the same for this month, if any.
    """

    code: str
    title: Any
    unit: Unit
    formula: Any
    expression: str
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """``statement`` may use what a measure's may, and the days ``date_from`` and ``date_to``.

    What no statement can say, ``read`` returns: parameters of the statement by name. ``path`` is
    the usual way down. ``most_days`` bounds one question.
    """

    code: str
    title: Any
    description: Any
    permission: str
    statement: str
    dimensions: tuple[str, ...]
    values: tuple[Value, ...]
    path: tuple[str, ...]
    needs: tuple[str, ...] = ()
    read: Callable[[Any, Any, Any], dict[str, Any]] | None = None
    is_dated: bool = True
    is_company_wide: bool = False
    most_days: int = 3660

    def value(self, code: str) -> Value | None:
        return next((value for value in self.values if value.code == code), None)


_ROWS = (
    ("site", "core.Site", "site"),
    ("work_centre", "masterdata.WorkCentre", "work_centre"),
    ("machine", "masterdata.Machine", "machine"),
    ("shift", "masterdata.Shift", "shift"),
    ("reason", "masterdata.ReasonCode", "reason"),
    ("operator", "hr.Employee", "operator"),
    ("item", "masterdata.Item", "item"),
    ("category", "masterdata.ItemCategory", "category"),
    ("customer", "masterdata.Partner", "partner"),
    ("supplier", "masterdata.Partner", "partner"),
    ("partner", "masterdata.Partner", "partner"),
    ("account", "finance.Account", "account"),
    ("cost_object", "finance.CostObject", "cost_object"),
)


_TITLES = {
    "site": _("Site"),
    "work_centre": _("Work centre"),
    "machine": _("Machine"),
    "shift": _("Shift"),
    "reason": _("Reason"),
    "operator": _("Operator"),
    "item": _("Item"),
    "category": _("Category"),
    "customer": _("Customer"),
    "supplier": _("Supplier"),
    "partner": _("Partner"),
    "account": _("Account"),
    "cost_object": _("Cost object"),
    "lot": _("Lot"),
    "work_order": _("Work order"),
    "day": _("Day"),
    "week": _("Week"),
    "month": _("Month"),
    "quarter": _("Quarter"),
    "year": _("Year"),
}
_PERIODS = {
    "day": "to_char(f.date, 'YYYY-MM-DD')",
    "week": "to_char(f.date, 'IYYY-\"W\"IW')",
    "month": "to_char(f.date, 'YYYY-MM')",
    "quarter": "to_char(f.date, 'YYYY-\"Q\"Q')",
    "year": "to_char(f.date, 'YYYY')",
}
PERIODS = tuple(_PERIODS)
DIMENSIONS: dict[str, Dimension] = {
    **{
        code: Dimension(code, _TITLES[code], f"f.{column}_id", model)
        for code, model, column in _ROWS
    },
    "lot": Dimension("lot", _TITLES["lot"], "f.lot_id", "inventory.Lot", "code", "code"),
    "work_order": Dimension(
        "work_order",
        _TITLES["work_order"],
        "f.work_order_id",
        "execution.WorkOrder",
        "number",
        "number",
    ),
    **{code: Dimension(code, _TITLES[code], text) for code, text in _PERIODS.items()},
}
_datasets: dict[str, Dataset] = {}


def register(*found: Dataset) -> None:
    for one in found:
        if one.code in _datasets:
            raise ValueError(f"{one.code} is registered twice")
        unknown = set(one.dimensions) | set(one.path)
        if not unknown <= DIMENSIONS.keys() or not set(one.path) <= set(one.dimensions):
            raise ValueError(f"{one.code} has an unknown dimension")
        _datasets[one.code] = one


def datasets() -> dict[str, Dataset]:
    return dict(_datasets)
