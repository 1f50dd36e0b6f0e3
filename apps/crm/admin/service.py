from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.master_data import MasterDataAdmin
from apps.crm.admin.bases import TALK, ChainMixin, PlainDocumentAdmin
from apps.crm.admin.forms import AnswerForm, SolutionForm, optional_fields
from apps.crm.models import Complaint, ServiceCase, WarrantyTerm
from apps.crm.resources import WarrantyTermResource
from apps.crm.services.complaints import (
    accept_complaint,
    close_complaint,
    open_complaint,
    reject_complaint,
    reopen_complaint,
    update_complaint,
)
from apps.crm.services.service_cases import (
    close_service_case,
    open_service_case,
    reopen_service_case,
    resume_service_case,
    solve_service_case,
    update_service_case,
    wait_for_customer,
)

Case = ServiceCase.Status
Said = Complaint.Status


@admin.register(WarrantyTerm)
class WarrantyTermAdmin(MasterDataAdmin):
    resource_class = WarrantyTermResource
    list_display = ("code", "name", "months", "item", "category", "company", "is_active")
    autocomplete_fields = ("item", "category")
    fields = ("company", ("code", "name"), "months", ("item", "category"), "is_active")


@admin.register(ServiceCase)
class ServiceCaseAdmin(ChainMixin, PlainDocumentAdmin):
    create = staticmethod(open_service_case)
    update = staticmethod(update_service_case)
    editable_statuses = (Case.OPEN, Case.WAITING)
    list_display = (
        "number",
        "status_label",
        "priority",
        "partner",
        "subject",
        "item",
        "is_in_warranty",
        "owner",
        "created_at",
        "company",
    )
    list_filter = ("status", "priority", "owner", "partner")
    search_fields = ("number", "subject", "partner__code", "partner__name", "lot__code")
    autocomplete_fields = ("partner", "contact", "item", "lot", "order")
    readonly_fields = ("shipped_on", "warranty_until", "is_in_warranty", "solution", "solved_at")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    "subject",
                    ("partner", "contact"),
                    ("item", "lot"),
                    ("order", "priority"),
                    "owner",
                    "description",
                    ("shipped_on", "warranty_until", "is_in_warranty"),
                    ("solution", "solved_at"),
                )
            },
        ),
    )
    verbs = (
        Verb(
            "solve",
            _("Solved"),
            "crm.change_servicecase",
            solve_service_case,
            (Case.OPEN, Case.WAITING),
            form=SolutionForm,
        ),
        Verb("wait", _("Waiting"), "crm.change_servicecase", wait_for_customer, (Case.OPEN,)),
        Verb("resume", _("Resume"), "crm.change_servicecase", resume_service_case, (Case.WAITING,)),
        Verb("close", _("Close"), "crm.change_servicecase", close_service_case, (Case.SOLVED,)),
        *TALK,
        Verb(
            "reopen",
            _("Reopen"),
            "crm.change_servicecase",
            reopen_service_case,
            (Case.SOLVED, Case.CLOSED),
            form=ReasonForm,
        ),
    )


@admin.register(Complaint)
class ComplaintAdmin(ChainMixin, PlainDocumentAdmin):
    form = optional_fields("complained_on")
    create = staticmethod(open_complaint)
    update = staticmethod(update_complaint)
    editable_statuses = (Said.OPEN,)
    list_display = (
        "number",
        "status_label",
        "severity",
        "partner",
        "item",
        "lot",
        "quantity",
        "complained_on",
        "company",
    )
    list_filter = ("status", "severity", "partner", "complained_on")
    search_fields = ("number", "customer_reference", "partner__code", "item__code", "lot__code")
    autocomplete_fields = ("partner", "service_case", "item", "lot", "order_line")
    readonly_fields = ("answer", "nonconformance")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("partner", "complained_on"),
                    ("item", "quantity"),
                    ("lot", "severity"),
                    ("service_case", "order_line"),
                    "customer_reference",
                    "description",
                    ("answer", "nonconformance"),
                )
            },
        ),
    )
    verbs = (
        Verb(
            "accept",
            _("Accept"),
            "crm.decide_complaint",
            accept_complaint,
            (Said.OPEN,),
            form=AnswerForm,
        ),
        Verb(
            "reject",
            _("Reject"),
            "crm.decide_complaint",
            reject_complaint,
            (Said.OPEN,),
            form=AnswerForm,
            is_danger=True,
        ),
        Verb(
            "close",
            _("Close"),
            "crm.decide_complaint",
            close_complaint,
            (Said.ACCEPTED, Said.REJECTED),
        ),
        *TALK,
        Verb(
            "reopen",
            _("Reopen"),
            "crm.decide_complaint",
            reopen_complaint,
            (Said.REJECTED, Said.CLOSED),
            form=ReasonForm,
        ),
    )
