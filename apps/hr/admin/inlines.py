from __future__ import annotations

from typing import Any

from apps.core.admin.base import CompanyInline


class DraftInline(CompanyInline):
    """Lines that take no empty row once their document is no draft any more."""

    open_statuses: tuple[str, ...] = ("draft",)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        is_open = obj is None or obj.status in self.open_statuses
        return is_open and super().has_add_permission(request, obj)
