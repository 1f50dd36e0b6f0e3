from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.inventory.models import KitAssembly, KitComponent
from apps.inventory.services.kit_assemblies import (
    Component,
    cancel_kit_assembly,
    change_kit_assembly,
    draft_kit_assembly,
    post_kit_assembly,
    reverse_kit_assembly,
)

Status = KitAssembly.Status


class KitComponentForm(forms.ModelForm):
    def _post_clean(self) -> None:
        """The service judges the line."""


class KitComponentInline(CompanyInline):
    model = KitComponent
    form = KitComponentForm
    extra = 1
    fields = ("item", "quantity", "lot_code", "location", "value")
    readonly_fields = ("value",)
    autocomplete_fields = ("item", "location")


@admin.register(KitAssembly)
class KitAssemblyAdmin(DocumentWithLinesAdmin):
    list_display = (
        "number",
        "kind",
        "status_label",
        "date",
        "item",
        "quantity",
        "value",
        "site",
        "company",
    )
    list_filter = ("kind", "status", "site", "date")
    search_fields = ("number", "note", "item__code")
    fields = (
        "company",
        ("kind", "date"),
        ("item", "quantity"),
        ("site", "location"),
        ("lot_code", "value"),
        "note",
    )
    readonly_fields = ("value",)
    autocomplete_fields = ("item", "location")
    inlines = (KitComponentInline,)
    verbs = (
        Verb("post", _("Post"), "inventory.post_kitassembly", post_kit_assembly, (Status.DRAFT,)),
        Verb(
            "reverse",
            _("Reverse"),
            "inventory.reverse_kitassembly",
            reverse_kit_assembly,
            (Status.POSTED,),
            form=DateReasonForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel the draft"),
            "inventory.change_kitassembly",
            cancel_kit_assembly,
            (Status.DRAFT,),
            question=_("The draft is kept, but can't be posted any more."),
            is_danger=True,
        ),
    )

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> KitAssembly:
        components = [Component(**line) for line in lines]
        return draft_kit_assembly(**values, components=components, by=request.user)

    def write_change(
        self,
        request: Any,
        row: KitAssembly,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> KitAssembly:
        components = None if lines is None else [Component(**line) for line in lines]
        return change_kit_assembly(
            row, **values, components=components, version=version, by=request.user
        )
