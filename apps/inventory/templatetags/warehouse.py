from __future__ import annotations

from typing import Any

from django import template

from apps.inventory.pages import WarehousePage, warehouse_pages

register = template.Library()


@register.simple_tag(takes_context=True)
def other_pages(context: dict[str, Any]) -> list[WarehousePage]:
    """Pages of other apps in the menu of the warehouse."""
    return warehouse_pages(context["request"].user)
