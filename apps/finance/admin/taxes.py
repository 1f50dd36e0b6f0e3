from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline, LedgerAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.master_data import MasterDataAdmin
from apps.finance.models import TaxBox, TaxBoxTerm, TaxEntry, TaxReturn, TaxReturnLine
from apps.finance.resources import TaxBoxResource
from apps.finance.services.tax_returns import cancel_tax_return, draft_tax_return, file_tax_return


class TaxBoxTermInline(CompanyInline):
    model = TaxBoxTerm
    fields = ("tax_code", "side", "measure", "is_subtracted")
    extra = 1


@admin.register(TaxBox)
class TaxBoxAdmin(MasterDataAdmin):
    resource_class = TaxBoxResource
    list_display = ("code", "name", "position", "company", "is_active")
    inlines = (TaxBoxTermInline,)


@admin.register(TaxEntry)
class TaxEntryAdmin(LedgerAdmin):
    list_display = ("date", "entry", "partner", "tax_code", "side", "base", "tax", "company")
    list_filter = ("tax_code", "side", "date", "partner")
    list_select_related = ("entry", "partner", "tax_code", "company")
    search_fields = ("entry__number", "partner__code", "partner__name")


class TaxReturnLineInline(CompanyInline):
    model = TaxReturnLine
    fields = ("box", "amount")
    readonly_fields = fields
    extra = 0
    max_num = 0
    can_delete = False


@admin.register(TaxReturn)
class TaxReturnAdmin(DocumentWithLinesAdmin):
    editable_statuses = ()
    list_display = (
        "number", "status_label", "starts_on", "ends_on", "payable", "reference", "company"
    )  # fmt: skip
    list_filter = ("status", "ends_on")
    search_fields = ("number", "reference")
    readonly_fields = ("number", "payable")
    fields = ("company", ("starts_on", "ends_on"), "reference", ("number", "payable"))
    inlines = (TaxReturnLineInline,)
    verbs = (
        Verb(
            "file",
            _("File"),
            "finance.file_taxreturn",
            file_tax_return,
            ("draft",),
            question=_("The figures are frozen and the tax moves to what is payable."),
        ),
        Verb(
            "cancel",
            _("Cancel the draft"),
            "finance.change_taxreturn",
            cancel_tax_return,
            ("draft",),
            is_danger=True,
        ),
    )

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> TaxReturn:
        return draft_tax_return(**values, by=request.user)
