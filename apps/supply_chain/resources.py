"""Purchase orders as tables: headers in one file and lines in another, or both in one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.tables import MOST_ROWS
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine
from apps.supply_chain.services.purchase_order_imports import (
    OrderDraft,
    add_order_lines,
    import_purchase_orders,
)
from apps.supply_chain.services.purchase_orders import OrderLine


def _optional(model: type[models.Model], name: str) -> Any:
    """The field of ``model``, whose cell may be empty here: the service knows what then holds."""
    field: Any = copy.copy(model._meta.get_field(name))
    field.null = True
    return field


class PurchaseOrderResource(LineResource):
    """Headers of new orders, under the numbers of the system they come from."""

    model = PurchaseOrder
    columns = (
        "number",
        "partner",
        "site",
        "order_date",
        "due_date",
        "supplier_reference",
        "currency",
        "tax_amount",
        "freight_amount",
    )
    required = ("number", "partner")

    def __init__(self) -> None:
        super().__init__()
        for name in ("site", "order_date", "due_date", "currency"):
            self.fields[name] = _optional(PurchaseOrder, name)

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        drafts = [OrderDraft(**row) for row in rows]
        import_purchase_orders(company, drafts, by=by, reason=reason or _("Import"))

    def label(self, row: dict[str, Any]) -> str:
        return str(row["number"])


#: What a row says of its order, when the order is new: our column → the order's field.
_HEADER = {
    "partner": "partner",
    "site": "site",
    "order_date": "order_date",
    "order_due_date": "due_date",
    "supplier_reference": "supplier_reference",
    "currency": "currency",
    "tax_amount": "tax_amount",
    "freight_amount": "freight_amount",
}
_LINE = ("position", "item", "quantity", "unit", "unit_price", "due_date", "cost_object")


class PurchaseOrderLineResource(LineResource):
    """Lines for drafts; a row of an order that is not there yet makes it from its own columns."""

    model = PurchaseOrderLine
    columns = ("order", *_HEADER, *_LINE)
    required = ("order", "item", "quantity")

    def __init__(self) -> None:
        self.fields = {
            "order": PurchaseOrder._meta.get_field("number"),
            **{ours: _optional(PurchaseOrder, name) for ours, name in _HEADER.items()},
            **{name: _optional(PurchaseOrderLine, name) for name in _LINE},
        }
        for name in ("item", "quantity"):
            self.fields[name] = PurchaseOrderLine._meta.get_field(name)

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        reason = reason or _("Import")
        self._make_missing(rows, company, by, reason)
        lines = [
            (row["order"], OrderLine(**{name: row[name] for name in _LINE if name in row}))
            for row in rows
        ]
        add_order_lines(company, lines, by=by, reason=reason)

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['order']} {row['item'].code}"

    def _make_missing(
        self, rows: list[dict[str, Any]], company: Company, by: Any, reason: str
    ) -> None:
        numbers = {row["order"] for row in rows}
        known = set(
            PurchaseOrder.objects.filter(company=company, number__in=numbers).values_list(
                "number", flat=True
            )
        )
        first: dict[str, int] = {}
        for place, row in enumerate(rows):
            if row["order"] in known:
                continue
            began = first.setdefault(row["order"], place)
            _require_same(rows[began], row, place)
        for place in first.values():
            if rows[place].get("partner") is None:
                raise InvalidInput(
                    "does_not_exist",
                    _("There is no order {number}. Name its partner to make it.").format(
                        number=rows[place]["order"]
                    ),
                    field="order",
                    row=place,
                )
        drafts = [
            OrderDraft(
                number=number,
                **{
                    name: rows[place][ours]
                    for ours, name in _HEADER.items()
                    if rows[place].get(ours) is not None
                },
            )
            for number, place in first.items()
        ]
        try:
            import_purchase_orders(company, drafts, by=by, reason=reason)
        except InvalidInput as error:
            error.row = None if error.row is None else list(first.values())[error.row]
            error.field = "order" if error.field == "number" else error.field
            raise

    def _exported(self, rows: models.QuerySet) -> Iterator[tuple[Any, ...]]:
        yield from (
            rows.order_by("order_id", "position")
            .values_list(
                "order__number",
                "order__partner__code",
                "order__site__code",
                "order__order_date",
                "order__due_date",
                "order__supplier_reference",
                "order__currency_id",
                "order__tax_amount",
                "order__freight_amount",
                "position",
                "item__code",
                "quantity",
                "unit__code",
                "unit_price",
                "due_date",
            )[:MOST_ROWS]
            .iterator(5000)
        )


def _require_same(began: dict[str, Any], row: dict[str, Any], place: int) -> None:
    for name in _HEADER:
        if row.get(name) != began.get(name):
            raise InvalidInput(
                "contradiction",
                _("Order {number} has another value above.").format(number=row["order"]),
                field=name,
                row=place,
            )
