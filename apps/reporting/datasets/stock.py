"""The stock as it is now."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.datasets.registry import Dataset, Value, register
from apps.reporting.measures.registry import Unit

register(
    Dataset(
        code="stock",
        title=_("Stock value"),
        description=_("Value of all stock on hand now; equals the inventory accounts."),
        permission="inventory.view_itemvaluation",
        statement="""
SELECT i.code AS label, v.item_id, i.category_id, NULL::bigint AS site_id, v.quantity, v.value,
       (SELECT t.id FROM django_content_type t
         WHERE t.app_label = 'masterdata' AND t.model = 'item') AS source_type_id,
       v.item_id AS source_id
  FROM inventory_itemvaluation v JOIN company c ON c.id = v.company_id
  JOIN masterdata_item i ON i.id = v.item_id
""",
        dimensions=("item", "category"),
        values=(
            Value(
                "value",
                _("Value"),
                Unit.MONEY,
                _("Value of all stock on hand."),
                "sum(f.value)",
                measure="stock_value",
            ),
            Value(
                "quantity",
                _("Quantity"),
                Unit.QUANTITY,
                _("Units on hand, in the unit of each item."),
                "sum(f.quantity)",
            ),
            Value(
                "items",
                _("Items"),
                Unit.COUNT,
                _("Items of which there is stock."),
                "count(*) FILTER (WHERE f.quantity > 0)",
            ),
        ),
        path=("category", "item"),
        is_dated=False,
        is_company_wide=True,
    ),
)
