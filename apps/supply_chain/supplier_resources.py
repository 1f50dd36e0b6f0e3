"""What suppliers sell and when it is bought again, as tables; a row that is there is changed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.tables import MOST_ROWS
from apps.supply_chain.models import ReorderRule, SupplierItem, SupplierPrice
from apps.supply_chain.services.reorder_rules import save_reorder_rules
from apps.supply_chain.services.supplier_items import save_supplier_items


def _optional(model: type[models.Model], name: str) -> Any:
    """The field of ``model``, whose cell may be empty here: the service knows what then holds."""
    field: Any = copy.copy(model._meta.get_field(name))
    field.null = True
    return field


_TERMS = (
    "item",
    "partner",
    "supplier_code",
    "unit",
    "currency",
    "minimum_quantity",
    "order_multiple",
    "lead_time_days",
    "over_receipt_percent",
    "under_receipt_percent",
    "is_preferred",
    "is_subcontracted",
    "valid_from",
    "valid_until",
)
_PRICE = ("from_quantity", "unit_price")


class SupplierItemResource(LineResource):
    """Supplier items with their price breaks, a row for each; without a price only the terms.

    A row of an item, supplier and first day that are there changes what it names.
    """

    model = SupplierItem
    columns = (*_TERMS, *_PRICE)
    required = ("item", "partner")

    def __init__(self) -> None:
        self.fields = {
            **{name: _optional(SupplierItem, name) for name in _TERMS},
            **{name: _optional(SupplierPrice, name) for name in _PRICE},
            "item": SupplierItem._meta.get_field("item"),
            "partner": SupplierItem._meta.get_field("partner"),
        }

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        save_supplier_items(company, rows, by=by, reason=reason or _("Import"))

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['item'].code} {row['partner'].code}"

    def _exported(self, rows: models.QuerySet) -> Iterator[tuple[Any, ...]]:
        paths = (
            "item__code",
            "partner__code",
            "supplier_code",
            "unit__code",
            "currency_id",
            *_TERMS[5:],
            *(f"prices__{name}" for name in _PRICE),
        )
        yield from (
            tuple("true" if c is True else "false" if c is False else c for c in row)
            for row in rows.order_by("pk", "prices__from_quantity")
            .values_list(*paths)[:MOST_ROWS]
            .iterator(5000)
        )


class ReorderRuleResource(LineResource):
    """Reorder rules; a row of an item and site that are there changes what it names."""

    model = ReorderRule
    columns = (
        "item",
        "site",
        "method",
        "minimum",
        "maximum",
        "service_level_percent",
        "review_days",
        "history_days",
        "is_active",
    )
    required = ("item", "site")

    def __init__(self) -> None:
        super().__init__()
        for name in self.columns[2:]:
            self.fields[name] = _optional(ReorderRule, name)

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        save_reorder_rules(company, rows, by=by, reason=reason or _("Import"))

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['item'].code} {row['site'].code}"
