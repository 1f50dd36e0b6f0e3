"""What triggers of the stock register keep on master data."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.guards import Guard, register

register(
    Guard(
        "inventory_costing_of_stock",
        "in_stock",
        "costing",
        _("Items of this category are in stock at the present costing. Move them out first."),
    )
)
register(
    Guard(
        "inventory_category_of_stock",
        "in_stock",
        "category",
        _("The item is in stock: its cost and its accounts go by its category. Move it out first."),
    )
)
