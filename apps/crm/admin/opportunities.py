from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin.base import CompanyInline, LedgerAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.links import Link
from apps.core.admin.master_data import MasterDataAdmin
from apps.crm.admin.bases import TALK, ChainMixin, DraftInline, LinesDocumentAdmin
from apps.crm.admin.forms import LostForm, QuoteForm, StageForm, WonForm, optional_fields
from apps.crm.models import Opportunity, OpportunityItem, OpportunityStage, StageChange
from apps.crm.resources import OpportunityStageResource
from apps.crm.services.opportunities import (
    Interest,
    create_opportunity,
    lose_opportunity,
    move_opportunity,
    reopen_opportunity,
    update_opportunity,
    win_opportunity,
)
from apps.crm.services.quotation_orders import quote_opportunity

Status = Opportunity.Status


@admin.register(OpportunityStage)
class OpportunityStageAdmin(MasterDataAdmin):
    resource_class = OpportunityStageResource
    list_display = ("code", "name", "position", "probability", "company", "is_active")
    ordering = ("position", "code")
    fields = ("company", ("code", "name"), ("position", "probability"), "is_active")


class OpportunityItemInline(DraftInline):
    open_statuses = ("open",)
    model = OpportunityItem
    form = optional_fields("position", "unit")
    fields = ("position", "item", "quantity", "unit")
    autocomplete_fields = ("item",)
    extra = 1


class StageChangeInline(CompanyInline):
    """How it came here; nobody edits that."""

    model = StageChange
    fields = ("created_at", "from_stage", "to_stage", "probability", "value", "created_by")
    readonly_fields = fields
    verbose_name_plural = gettext_lazy("way through the stages")

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Opportunity)
class OpportunityAdmin(ChainMixin, LinesDocumentAdmin):
    form = optional_fields("stage", "value", "currency")
    create = staticmethod(create_opportunity)
    update = staticmethod(update_opportunity)
    line = Interest
    lines_name = "items"
    editable_statuses = (Status.OPEN,)
    list_display = (
        "number",
        "status_label",
        "name",
        "partner",
        "stage",
        "probability",
        "value",
        "currency",
        "expected_close",
        "owner",
        "company",
    )
    list_filter = ("status", "stage", "owner", "expected_close", "partner")
    search_fields = ("number", "name", "partner__code", "partner__name")
    autocomplete_fields = ("partner", "contact")
    readonly_fields = ("probability", "outcome_reason", "closed_on")
    inlines = (OpportunityItemInline, StageChangeInline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    "name",
                    ("partner", "contact"),
                    ("stage", "probability"),
                    ("value", "currency"),
                    ("expected_close", "owner"),
                    "note",
                    ("outcome_reason", "closed_on"),
                )
            },
        ),
    )
    verbs = (
        Verb(
            "move",
            gettext_lazy("Move to stage"),
            "crm.change_opportunity",
            move_opportunity,
            (Status.OPEN,),
            form=StageForm,
        ),
        Verb(
            "quote",
            gettext_lazy("Quote"),
            "crm.add_quotation",
            quote_opportunity,
            (Status.OPEN,),
            form=QuoteForm,
        ),
        *TALK,
        Verb(
            "win",
            gettext_lazy("Won"),
            "crm.close_opportunity",
            win_opportunity,
            (Status.OPEN,),
            form=WonForm,
        ),
        Verb(
            "lose",
            gettext_lazy("Lost"),
            "crm.close_opportunity",
            lose_opportunity,
            (Status.OPEN,),
            form=LostForm,
            is_danger=True,
        ),
        Verb(
            "reopen",
            gettext_lazy("Take up again"),
            "crm.close_opportunity",
            reopen_opportunity,
            (Status.WON, Status.LOST),
            form=ReasonForm,
        ),
    )

    def get_inlines(self, request: Any, obj: Any) -> Any:
        return self.inlines if obj is not None else self.inlines[:1]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "partner", "stage", "currency")

    def links_of(self, request: Any, document: Opportunity) -> list[Link]:
        board = Link(_("Pipeline"), reverse("crm-pipeline"), "view_kanban")
        return [board, *super().links_of(request, document)]

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        items = [one for one in formsets if one.model is OpportunityItem]
        super().save_related(request, form, items, change)


@admin.register(StageChange)
class StageChangeAdmin(LedgerAdmin):
    list_display = (
        "created_at",
        "opportunity",
        "from_stage",
        "to_stage",
        "probability",
        "value",
        "created_by",
        "company",
    )
    list_filter = ("to_stage", "created_at")
    search_fields = ("opportunity__number", "opportunity__name")
    ordering = ("-id",)
