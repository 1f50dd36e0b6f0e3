from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action

from apps.core.admin.base import CompanyInline, LedgerAdmin
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.master_data import MasterDataAdmin
from apps.core.errors import BusinessError
from apps.masterdata.models import (
    ItemTemplate,
    ItemVariant,
    TemplateAttribute,
    VariantAttribute,
    VariantValue,
)
from apps.masterdata.services.item_templates import (
    NewValue,
    change_item_template,
    change_variant_attribute,
    create_item_template,
    create_variant_attribute,
    generate_variants,
)
from apps.masterdata.variant_resources import ItemTemplateResource, VariantAttributeResource


class VariantValueInline(CompanyInline):
    model = VariantValue
    fields = ("code", "name", "position")
    extra = 1


@admin.register(VariantAttribute)
class VariantAttributeAdmin(MasterDataAdmin):
    """An attribute reaches its service together with its values."""

    resource_class = VariantAttributeResource

    fields = ("company", ("code", "name"), "is_active")
    inlines = (VariantValueInline,)
    save_model = DocumentWithLinesAdmin.save_model
    save_related = DocumentWithLinesAdmin.save_related
    construct_change_message = DocumentWithLinesAdmin.construct_change_message

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> VariantAttribute:
        return create_variant_attribute(**values, values=_values(lines), by=request.user)

    def write_change(
        self,
        request: Any,
        row: VariantAttribute,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> VariantAttribute:
        kept = None if lines is None else _values(lines)
        return change_variant_attribute(
            row, **values, values=kept, version=version, by=request.user
        )


class TemplateAttributeInline(CompanyInline):
    model = TemplateAttribute
    fields = ("attribute",)
    extra = 0
    min_num = 1


@admin.register(ItemTemplate)
class ItemTemplateAdmin(MasterDataAdmin):
    """Templates; the action over the list makes the items that are missing."""

    resource_class = ItemTemplateResource
    list_display = ("code", "name", "category", "kind", "sales_price", "company", "is_active")
    list_filter = ("kind", "category", "is_active")
    fields = (
        "company",
        ("code", "name"),
        ("category", "kind"),
        ("unit", "tracking"),
        ("purchase_price", "sales_price"),
        ("default_supplier", "lead_time_days"),
        ("shelf_life_days", "is_active"),
        "description",
    )
    inlines = (TemplateAttributeInline,)
    actions = (*MasterDataAdmin.actions, "generate_all")
    save_model = DocumentWithLinesAdmin.save_model
    save_related = DocumentWithLinesAdmin.save_related
    construct_change_message = DocumentWithLinesAdmin.construct_change_message

    @action(description=gettext_lazy("Make all variants of the selected templates"))
    def generate_all(self, request: Any, queryset: Any) -> None:
        if not request.user.has_perm("masterdata.add_item"):
            raise PermissionDenied
        made = 0
        for template in queryset.order_by("pk"):
            try:
                made += len(generate_variants(template, by=request.user))
            except BusinessError as error:
                messages.error(request, f"{template.code}: {error.message}")
        text = ngettext("%(n)d item made.", "%(n)d items made.", made)
        messages.success(request, text % {"n": made})

    def get_actions(self, request: Any) -> dict[str, Any]:
        actions = super().get_actions(request)
        if not request.user.has_perm("masterdata.add_item"):
            actions.pop("generate_all", None)
        return actions

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> ItemTemplate:
        return create_item_template(**values, attributes=_attributes(lines), by=request.user)

    def write_change(
        self,
        request: Any,
        row: ItemTemplate,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> ItemTemplate:
        kept = None if lines is None else _attributes(lines)
        return change_item_template(
            row, **values, attributes=kept, version=version, by=request.user
        )


@admin.register(ItemVariant)
class ItemVariantAdmin(LedgerAdmin):
    list_display = ("item", "template", "company")
    list_filter = ("template",)
    search_fields = ("item__code", "template__code")
    list_select_related = ("item", "template", "company")
    admin_hidden = True


def _values(lines: list[dict[str, Any]]) -> list[NewValue]:
    return [NewValue(one["code"], one["name"], one.get("position", 10)) for one in lines]


def _attributes(lines: list[dict[str, Any]]) -> list[VariantAttribute]:
    return [one["attribute"] for one in lines]
