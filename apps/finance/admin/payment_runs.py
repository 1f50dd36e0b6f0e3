from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.printouts import Printout
from apps.core.views.downloads import file_response
from apps.finance.models import PaymentRun, PaymentRunLine
from apps.finance.payment_list import payment_list_pdf
from apps.finance.remittance_advices import remittance_advices_pdf
from apps.finance.services.payment_runs import (
    approve_payment_run,
    cancel_payment_run,
    execute_payment_run,
    export_payment_run,
    is_new_account,
    propose_payment_run,
    reopen_payment_run,
)


class PaymentRunLineInline(CompanyInline):
    model = PaymentRunLine
    fields = (
        "partner",
        "invoice",
        "reference",
        "paid_to",
        "bic",
        "warning",
        "amount",
        "payment",
    )
    readonly_fields = fields
    can_delete = False
    max_num = 0

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        return rows.select_related("invoice__partner", "partner_account", "payment")

    @display(description=gettext_lazy("partner"))
    def partner(self, line: PaymentRunLine) -> str:
        return line.partner_account.holder or line.invoice.partner.name

    @display(description=gettext_lazy("partner's reference"))
    def reference(self, line: PaymentRunLine) -> str:
        return line.invoice.reference

    @display(description=gettext_lazy("paid to"))
    def paid_to(self, line: PaymentRunLine) -> str:
        return line.iban or line.account_number

    @display(description=gettext_lazy("warning"))
    def warning(self, line: PaymentRunLine) -> str:
        return _("Number newly changed") if is_new_account(line) else ""


@admin.register(PaymentRun)
class PaymentRunAdmin(DocumentAdmin):
    """Adding one proposes the due bills."""

    editable_statuses = ()
    can_add = True
    list_display = (
        "number",
        "status_label",
        "bank_account",
        "date",
        "total",
        "currency",
        "company",
    )
    list_select_related = ("bank_account", "company")
    list_filter = ("status", "bank_account", "date")
    inlines = (PaymentRunLineInline,)
    fields = (
        "company",
        "bank_account",
        ("date", "due_until"),
        ("number", "total", "currency"),
        "approved_by",
    )
    readonly_fields = ("number", "total", "currency", "approved_by")
    printouts = Printout.on_both_papers(
        "list", gettext_lazy("Payment list"), payment_list_pdf
    ) + Printout.on_both_papers(
        "advices",
        gettext_lazy("Remittance advices"),
        remittance_advices_pdf,
        ("draft", "approved", "exported", "done"),
    )
    verbs = (
        Verb("approve", gettext_lazy("Approve"), "finance.approve_paymentrun",
             approve_payment_run, ("draft",)),
        Verb("reopen", gettext_lazy("Take the approval back"), "finance.approve_paymentrun",
             reopen_payment_run, ("approved",)),
        Verb("export", gettext_lazy("Write the file"), "finance.export_paymentrun",
             export_payment_run, ("approved",)),
        Verb("execute", gettext_lazy("Post the payments"), "finance.execute_paymentrun",
             execute_payment_run, ("exported",)),
        Verb("cancel", gettext_lazy("Cancel"), "finance.change_paymentrun", cancel_payment_run,
             ("draft", "approved", "exported"), form=ReasonForm, is_danger=True),
    )  # fmt: skip

    @display(description=gettext_lazy("currency"), ordering="bank_account__currency")
    def currency(self, run: PaymentRun) -> str:
        return run.bank_account.currency_id

    def get_urls(self) -> list[URLPattern]:
        return [
            self.add_admin_path("<int:object_id>/result/", self.pain_file_view, "result"),
            *super().get_urls(),
        ]

    def get_inlines(self, request: Any, obj: Any = None) -> Any:
        return self.inlines if obj is not None else ()

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> PaymentRun:
        return propose_payment_run(
            values["bank_account"],
            date=values["date"],
            due_until=values["due_until"],
            by=request.user,
        )

    def pain_file_view(self, request: Any, object_id: int) -> HttpResponse:
        run = self.visible_object(request, object_id)
        if not request.user.has_perm("finance.export_paymentrun"):
            raise PermissionDenied
        if not run.file:
            raise Http404
        return file_response(
            run.file.open("rb"), name=f"{run.number}.xml", content_type="application/xml"
        )

    def links_of(self, request: Any, document: PaymentRun) -> list[Link]:
        links = [admin_row_link(document.bank_account)]
        if document.file:
            links.append(
                Link(_("File for the bank"), self.admin_url("result", document.pk), "download")
            )
        return [*links, *super().links_of(request, document)]
