from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from apps.core.admin.base import CompanyInline, LedgerAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateForm, DateReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.core.printouts import pdf_response
from apps.finance.models import Account
from apps.hr.admin.inlines import DraftInline
from apps.hr.models import LabourDistribution, PayRun, PayRunInput, PaySlip, PaySlipLine
from apps.hr.printouts import pay_slip_pdf
from apps.hr.services.pay_posting import pay_pay_run, post_pay_run, reverse_pay_run
from apps.hr.services.pay_runs import (
    RunInput,
    approve_pay_run,
    calculate_pay_run,
    cancel_pay_run,
    change_pay_run,
    create_pay_run,
    redraft_pay_run,
)

Status = PayRun.Status
CHANGEABLE = ("pay_date", "note")


class PaymentForm(DateForm):
    """From which account the net was paid, and when."""

    account = forms.ModelChoiceField(
        Account.objects.none(), label=_("Account"), widget=UnfoldAdminSelectWidget
    )
    field_order = ("account", "date")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = Account.objects.filter(
            company=self.document.company_id, control=Account.Control.CASH, is_active=True
        )


class PayRunInputInline(DraftInline):
    model = PayRunInput
    fields = ("employee", "code", "value")
    extra = 1


@admin.register(PayRun)
class PayRunAdmin(DocumentWithLinesAdmin):
    list_display = (
        "number",
        "kind",
        "structure",
        "status_label",
        "period_start",
        "period_end",
        "pay_date",
        "gross",
        "net",
        "employer_cost",
        "company",
    )
    list_filter = ("kind", "status", "structure", "pay_date")
    list_totals = ("gross", "net", "employer_cost")
    search_fields = ("number", "note")
    fields = (
        "company",
        ("kind", "structure"),
        ("period_start", "period_end", "pay_date"),
        "retro_from",
        "note",
        ("gross", "deductions"),
        ("net", "employer_cost"),
        "paid_on",
    )
    inlines = (PayRunInputInline,)
    verbs = (
        Verb(
            "calculate",
            _("Calculate"),
            "hr.calculate_payrun",
            calculate_pay_run,
            (Status.DRAFT, Status.CALCULATED),
        ),
        Verb(
            "redraft",
            _("Back to draft"),
            "hr.calculate_payrun",
            redraft_pay_run,
            (Status.CALCULATED, Status.APPROVED),
            question=_("The slips are taken back; the time cards can be reopened."),
        ),
        Verb("approve", _("Approve"), "hr.approve_payrun", approve_pay_run, (Status.CALCULATED,)),
        Verb(
            "pay",
            _("Paid"),
            "hr.pay_payrun",
            pay_pay_run,
            (Status.APPROVED, Status.POSTED),
            form=PaymentForm,
        ),
        Verb("post", _("Post"), "hr.post_payrun", post_pay_run, (Status.APPROVED, Status.PAID)),
        Verb(
            "reverse",
            _("Reverse"),
            "hr.reverse_payrun",
            reverse_pay_run,
            (Status.POSTED,),
            form=DateReasonForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel"),
            "hr.change_payrun",
            cancel_pay_run,
            (Status.DRAFT, Status.CALCULATED),
            question=_("The run is kept, but pays nobody."),
            is_danger=True,
        ),
    )

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        if obj is None:
            return fixed
        return (*fixed, "kind", "structure", "period_start", "period_end", "retro_from")

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> PayRun:
        inputs = [RunInput(**line) for line in lines]
        return create_pay_run(**values, inputs=inputs, by=request.user)

    def write_change(
        self,
        request: Any,
        row: PayRun,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> PayRun:
        given = {name: values[name] for name in CHANGEABLE if name in values}
        inputs = None if lines is None else [RunInput(**line) for line in lines]
        return change_pay_run(row, **given, inputs=inputs, version=version, by=request.user)

    def links_of(self, request: Any, document: PayRun) -> list[Link]:
        links = super().links_of(request, document)
        if request.user.has_perm("hr.view_payslip"):
            url = f"{admin_list_url(PaySlip)}?run__id__exact={document.pk}"
            return [Link(_("Pay slips"), url, "payments"), *links]
        return links


class PaySlipLineInline(CompanyInline):
    model = PaySlipLine
    fk_name = "slip"
    fields = ("name", "kind", "base", "amount", "formula")

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(PaySlip)
class PaySlipAdmin(LedgerAdmin):
    """Slips are made by their run; here they are read and printed."""

    list_display = (
        "number",
        "employee",
        "run",
        "status",
        "pay_date",
        "gross",
        "deductions",
        "net",
        "employer_cost",
        "company",
    )
    list_filter = ("status", "run", "pay_date")
    search_fields = ("number", "employee__code", "employee__name")
    fields = (
        ("number", "status"),
        ("employee", "contract"),
        ("run", "pay_date"),
        ("gross", "deductions"),
        ("net", "employer_cost"),
    )
    inlines = (PaySlipLineInline,)
    change_form_outer_before_template = "core/admin/document_panel.html"

    def get_urls(self) -> list[Any]:
        return [
            path(
                "<path:object_id>/pdf/",
                self.admin_site.admin_view(self.pdf_view),
                name="hr_payslip_pdf",
            ),
            *super().get_urls(),
        ]

    def pdf_view(self, request: Any, object_id: str) -> HttpResponse:
        slip = self.get_object(request, object_id)
        if slip is None or not self.has_view_permission(request, slip):
            raise Http404
        return pdf_response(pay_slip_pdf(slip), name=f"{slip.number}.pdf")

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        slip = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if slip is not None:
            name = "admin:hr_payslip_pdf"
            context["panel"] = {
                "status": slip.get_status_display(),
                "links": [
                    Link(_("Pay slip"), reverse(name, args=[slip.pk]), "print"),
                    admin_row_link(slip.run),
                ],
            }
        return super().change_view(request, object_id, form_url, context)


@admin.register(LabourDistribution)
class LabourDistributionAdmin(LedgerAdmin):
    sources = ("hr.payrun",)
    list_select_related = ("pay_slip__employee", "component", "cost_object", "company")
    list_display = (
        "pay_slip",
        "component",
        "cost_object",
        "is_direct",
        "minutes",
        "amount",
        "company",
    )
    list_select_related = ("pay_slip__employee", "component", "cost_object", "company")
    list_filter = ("is_direct",)
    search_fields = ("pay_slip__number", "cost_object__code")
