from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link
from apps.core.admin.printouts import Printout
from apps.inventory.models import ExpectedMove, PickLine, PickList
from apps.inventory.printouts import pick_sheet_pdf
from apps.inventory.services.packing import finish_packing
from apps.inventory.services.pick_lists import (
    ToPick,
    cancel_pick_list,
    draft_pick_list,
    release_pick_list,
    take_back_pick_list,
)

Status = PickList.Status


class PickLineForm(forms.ModelForm):
    """Without a quantity a line is all that is open of its promise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "quantity" in self.fields:
            self.fields["quantity"].required = False

    def _post_clean(self) -> None:
        """The service judges the line."""


class PickLineInline(CompanyInline):
    model = PickLine
    form = PickLineForm
    extra = 1
    fields = (
        "expected_move",
        "quantity",
        "item",
        "location",
        "lot",
        "picked_quantity",
        "short_quantity",
    )
    readonly_fields = ("item", "location", "lot", "picked_quantity", "short_quantity")

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        return rows.select_related("expected_move__item", "item", "location", "lot")

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "expected_move":
            rows = ExpectedMove.objects.visible_to(request.user).filter(
                direction=ExpectedMove.Direction.OUT, is_open=True, partner__isnull=False
            )
            kwargs["queryset"] = rows.select_related("item").order_by("due_date", "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(PickList)
class PickListAdmin(DocumentWithLinesAdmin):
    """Pick lists; what is picked and packed is entered on the page of the list."""

    editable_statuses = ()
    list_display = (
        "number",
        "status_label",
        "date",
        "site",
        "staging",
        "priority",
        "carrier",
        "note",
        "company",
    )
    list_filter = ("status", "site", "date", "carrier")
    search_fields = ("number", "note")
    fields = (
        "company",
        ("site", "staging"),
        ("date", "priority"),
        ("carrier", "held_until"),
        "note",
    )
    inlines = (PickLineInline,)
    printouts = Printout.on_both_papers("sheet", _("Pick sheet"), pick_sheet_pdf)
    verbs = (
        Verb(
            "release",
            _("Release"),
            "inventory.release_picklist",
            release_pick_list,
            (Status.DRAFT,),
        ),
        Verb(
            "take_back",
            _("Back to draft"),
            "inventory.release_picklist",
            take_back_pick_list,
            (Status.RELEASED,),
        ),
        Verb(
            "finish",
            _("All is packed"),
            "inventory.pick_picklist",
            finish_packing,
            (Status.PICKED,),
        ),
        Verb(
            "cancel",
            _("Cancel the list"),
            "inventory.cancel_picklist",
            cancel_pick_list,
            (Status.DRAFT, Status.RELEASED, Status.PICKING, Status.PICKED, Status.PACKED),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: PickList) -> list[Link]:
        links = list(super().links_of(request, document))
        if document.status in PickList.HOLDING and request.user.has_perm("inventory.pick_picklist"):
            address = reverse("inventory-pick", args=[document.pk])
            links.insert(0, Link(_("Pick and pack"), address, "shopping_cart_checkout"))
        return links

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> PickList:
        wanted = [ToPick(line["expected_move"], line.get("quantity")) for line in lines]
        return draft_pick_list(**values, lines=wanted, by=request.user)
