from __future__ import annotations

from typing import Any

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.imports import ImportExportMixin


class WithTables(ImportExportMixin, CompanyModelAdmin):
    """Rows whose codes are those of their project; they come and go as tables."""

    def get_urls(self) -> list[Any]:
        return [*self.import_urls(), *super().get_urls()]
