from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline, CompanyModelAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.finance.admin.invoices import InvoiceForm
from apps.finance.models import ApprovalLimit, FinancePolicy, Settlement, SettlementLine
from apps.finance.services.approvals import change_limit, create_limit
from apps.finance.services.policies import change_policy, create_policy
from apps.finance.services.settlement import Allocation
from apps.finance.services.settlements import net_invoices, reverse_settlement
from apps.finance.services.write_offs import write_off


class SettlementForm(InvoiceForm):
    """What people may settle themselves; a discount is taken with its payment."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            discount = Settlement.Kind.DISCOUNT
            self.fields["kind"].choices = [
                choice for choice in Settlement.Kind.choices if choice[0] != discount
            ]
        if "reference" in self.fields:
            self.fields["reference"].help_text = _("Of a write-off: why.")


class SettlementLineInline(CompanyInline):
    model = SettlementLine
    fields = ("invoice", "amount", "amount_company")
    readonly_fields = ("amount_company",)
    extra = 1


@admin.register(Settlement)
class SettlementAdmin(DocumentWithLinesAdmin):
    """Adding one posts it; netting without lines nets all that can be."""

    form = SettlementForm
    editable_statuses = ()
    list_display = (
        "number",
        "status_label",
        "kind",
        "partner",
        "date",
        "currency",
        "reference",
        "company",
    )
    list_filter = ("kind", "status", "date", "partner")
    search_fields = ("number", "reference", "partner__code", "partner__name")
    inlines = (SettlementLineInline,)
    readonly_fields = ("number",)
    fields = ("company", ("kind", "partner"), ("date", "currency"), "reference", "number")
    verbs = (
        Verb(
            "reverse",
            _("Reverse"),
            "finance.reverse_settlement",
            reverse_settlement,
            ("posted",),
            form=DateReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: Settlement) -> list[Link]:
        links = [admin_row_link(document.partner)]
        if document.payment is not None:
            links.append(admin_row_link(document.payment, icon="payments"))
        return [*links, *super().links_of(request, document)]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> Settlement:
        parts = [Allocation(**line) for line in lines]
        kind = values.pop("kind")
        if kind == Settlement.Kind.NETTING:
            _require(request, "finance.net_settlement")
            return net_invoices(**values, allocations=parts, by=request.user)
        _require(request, "finance.writeoff_settlement")
        values.pop("currency", None)
        reason = values.pop("reference", "")
        return write_off(**values, allocations=parts, reason=reason, by=request.user)


@admin.register(FinancePolicy)
class FinancePolicyAdmin(CompanyModelAdmin):
    list_display = (
        "valid_from",
        "ageing_days",
        "write_off_limit",
        "price_tolerance",
        "quantity_tolerance",
        "company",
    )
    fields = (
        "company",
        "valid_from",
        ("ageing_days", "write_off_limit"),
        ("price_tolerance", "amount_tolerance"),
        ("quantity_tolerance", "quantity_amount_tolerance"),
    )
    create_service = staticmethod(create_policy)
    update_service = staticmethod(change_policy)


@admin.register(ApprovalLimit)
class ApprovalLimitAdmin(CompanyModelAdmin):
    list_display = ("document", "user", "role", "amount", "company")
    list_filter = ("document",)
    list_select_related = ("user", "role", "company")
    fields = ("company", "document", ("user", "role"), "amount")
    create_service = staticmethod(create_limit)
    update_service = staticmethod(change_limit)


def _require(request: Any, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied
