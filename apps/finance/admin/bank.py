from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from apps.core.admin.base import CompanyInline, CompanyModelAdmin, LedgerAdmin
from apps.core.admin.documents import DocumentAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.master_data import MasterDataAdmin
from apps.core.admin.scoping import only_company_id
from apps.core.models import Company
from apps.finance.bank_formats import LARGEST_FILE
from apps.finance.jobs import take_file
from apps.finance.models import (
    BankAccount,
    BankImport,
    BankLine,
    BankMatch,
    BankStatement,
    MatchRule,
)
from apps.finance.resources import BankAccountResource, MatchRuleResource
from apps.finance.services.bank_accounts import (
    create_bank_account,
    create_match_rule,
    update_bank_account,
    update_match_rule,
)


@admin.register(BankAccount)
class BankAccountAdmin(MasterDataAdmin):
    resource_class = BankAccountResource
    create_service = staticmethod(create_bank_account)
    update_service = staticmethod(update_bank_account)
    list_display = ("code", "name", "number", "currency", "account", "company", "is_active")
    fields = (
        "company",
        ("code", "name"),
        ("number", "bic"),
        ("currency", "account", "journal"),
        "opened_on",
        "is_active",
    )


@admin.register(MatchRule)
class MatchRuleAdmin(MasterDataAdmin):
    resource_class = MatchRuleResource
    create_service = staticmethod(create_match_rule)
    update_service = staticmethod(update_match_rule)
    list_display = (
        "priority", "code", "name", "action", "account", "is_automatic", "company", "is_active",
    )  # fmt: skip
    list_filter = ("action", "is_automatic", "is_active")
    ordering = ("priority", "code")
    fieldsets = (
        (None, {"fields": ("company", ("code", "name"), ("priority", "is_active"))}),
        (
            gettext_lazy("When"),
            {
                "fields": (
                    ("bank_account", "sign"),
                    ("text_contains", "name_contains"),
                    ("iban", "bank_code"),
                    ("least", "most"),
                )
            },
        ),
        (
            gettext_lazy("Then"),
            {
                "fields": (
                    ("action", "is_automatic"),
                    ("account", "partner", "cost_object"),
                    "reference_pattern",
                )
            },
        ),
    )


class StatementFileForm(forms.Form):
    bank_account = forms.ModelChoiceField(
        BankAccount.objects.none(),
        required=False,
        label=gettext_lazy("Bank account"),
        help_text=gettext_lazy("Only for files that do not say which account they are of."),
        widget=UnfoldAdminSelectWidget,
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("camt.052, camt.053, camt.054, MT940, MT942, OFX or CSV; 20 MB"),
        widget=UnfoldAdminFileFieldWidget,
    )


@admin.register(BankImport)
class BankImportAdmin(DocumentAdmin):
    """Adding one imports a file; a large one goes on in the background."""

    editable_statuses = ()
    list_display = (
        "number", "status_label", "name", "format", "lines_new", "lines_known", "company",
        "created_at",
    )  # fmt: skip
    list_filter = ("status", "format")
    search_fields = ("number", "name")
    fields = (
        ("number", "name"),
        ("format", "bank_account"),
        ("lines_new", "lines_known", "lines_pending"),
        "job",
        "message",
    )
    readonly_fields = (
        "number", "name", "format", "bank_account", "lines_new", "lines_known", "lines_pending",
        "job", "message",
    )  # fmt: skip
    can_add = True

    def add_view(self, request: Any, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        company_id = only_company_id(request)
        accounts = BankAccount.objects.visible_to(request.user).filter(is_active=True)
        form = StatementFileForm(request.POST or None, request.FILES or None)
        form.fields["bank_account"].queryset = accounts
        if request.method == "POST" and form.is_valid():
            chosen = form.cleaned_data["bank_account"]
            company = Company.objects.filter(pk=chosen.company_id if chosen else company_id).first()
            if company is None:
                form.add_error("bank_account", _("Name the company: you belong to several."))
            elif self._take(request, company, chosen, form.cleaned_data["file"]):
                return HttpResponseRedirect(reverse("finance-bank"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Import bank statements"),
            "form": form,
            "back_url": self.admin_url("changelist"),
        }
        return TemplateResponse(request, "finance/bank/upload.html", context)

    def _take(self, request: Any, company: Company, chosen: Any, file: Any) -> bool:
        content = file.read(LARGEST_FILE + 1)
        made: list[BankImport] = []

        def act() -> None:
            made.append(
                take_file(
                    company, name=file.name, content=content, bank_account=chosen, by=request.user
                )
            )

        if not self.attempt(request, act):
            return False
        [source] = made
        if source.job_id:
            text = _("{name} is being imported; the job tells how far it is.")
        else:
            text = _("{name}: {new} new lines, {known} known.")
        messages.success(
            request,
            text.format(name=source.name, new=source.lines_new, known=source.lines_known),
        )
        return True

    def links_of(self, request: Any, document: BankImport) -> list[Link]:
        parents = [admin_row_link(document.job)] if document.job_id else []
        return [*parents, *super().links_of(request, document)]


@admin.register(BankStatement)
class BankStatementAdmin(LedgerAdmin):
    list_display = (
        "bank_account", "kind", "number", "starts_on", "ends_on", "opening_balance",
        "closing_balance", "line_count", "company",
    )  # fmt: skip
    list_filter = ("kind", "bank_account", "ends_on")
    search_fields = ("number", "sequence")
    ordering = ("-ends_on", "-id")


class BankMatchInline(CompanyInline):
    model = BankMatch
    fields = ("amount", "made", "payment", "journal_line", "rule", "is_live")
    readonly_fields = fields
    can_delete = False
    max_num = 0


@admin.register(BankLine)
class BankLineAdmin(CompanyModelAdmin):
    """Read only: matching is done on its page."""

    list_display = (
        "date", "amount", "matched_amount", "state", "name", "text", "bank_account", "company",
    )  # fmt: skip
    list_filter = ("state", "bank_account", "date")
    search_fields = ("name", "text", "reference", "iban")
    ordering = ("-date", "-id")
    inlines = (BankMatchInline,)

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(BankMatch)
class BankMatchAdmin(LedgerAdmin):
    list_display = ("line", "amount", "made", "payment", "rule", "is_live", "company", "created_at")
    list_filter = ("made", "is_live")
    list_select_related = ("line", "payment", "rule", "company")
    ordering = ("-id",)
