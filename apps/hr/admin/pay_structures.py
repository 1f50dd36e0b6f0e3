from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyInline
from apps.hr.admin.pay_components import NounWithLinesAdmin
from apps.hr.models import PayInput, PayStructure, PayStructureComponent
from apps.hr.services.pay_components import change_structure, save_structure


class PayStructureComponentInline(CompanyInline):
    model = PayStructureComponent
    fields = ("component",)
    extra = 1


class PayInputInline(CompanyInline):
    model = PayInput
    fields = ("code", "label", "default")
    extra = 1


@admin.register(PayStructure)
class PayStructureAdmin(NounWithLinesAdmin):
    list_display = ("code", "name", "country", "frequency", "company", "is_active")
    list_filter = ("country", "frequency", "is_active")
    inlines = (PayStructureComponentInline, PayInputInline)

    def write_new(self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]) -> Any:
        components, inputs = _sorted(lines)
        return save_structure(**values, components=components, inputs=inputs, by=request.user)

    def write_change(
        self, request: Any, row: Any, values: dict[str, Any], lines: Any, version: int | None
    ) -> Any:
        components, inputs = (None, None) if lines is None else _sorted(lines)
        return change_structure(
            row,
            **values,
            components=components,
            inputs=inputs,
            version=version,
            by=request.user,
        )


def _sorted(lines: list[dict[str, Any]]) -> tuple[list[Any], list[dict[str, str]]]:
    """The lines of both tables come together."""
    components = [line["component"] for line in lines if "component" in line]
    return components, [line for line in lines if "component" not in line]
