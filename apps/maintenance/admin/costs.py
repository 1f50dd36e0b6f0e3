from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import DateReasonForm, ReasonForm
from apps.core.admin.links import Link, admin_row_link
from apps.maintenance.models import MaintenanceCharge, MaintenanceLabour, PartsIssue
from apps.maintenance.services.charges import cancel_charge, reverse_charge
from apps.maintenance.services.labour import reverse_labour
from apps.maintenance.services.parts import reverse_parts_issue


def _reversal(service: Any, model: str) -> Verb:
    return Verb(
        "reverse",
        _("Reverse"),
        f"maintenance.reverse_{model}",
        service,
        ("posted",),
        form=DateReasonForm,
        is_danger=True,
    )


class CostAdmin(DocumentAdmin):
    """Written by the verbs of its order; here it is seen and reversed."""

    editable_statuses = ()
    list_filter: Any = ("status", "date", "order")
    search_fields: Any = ("number", "order__number")

    def links_of(self, request: Any, document: Any) -> list[Link]:
        return [admin_row_link(document.order), *super().links_of(request, document)]


@admin.register(PartsIssue)
class PartsIssueAdmin(CostAdmin):
    list_display = ("number", "status_label", "order", "date", "company")
    fields = ("company", ("order", "date"))
    verbs = (_reversal(reverse_parts_issue, "partsissue"),)


@admin.register(MaintenanceLabour)
class MaintenanceLabourAdmin(CostAdmin):
    list_display = (
        "number",
        "status_label",
        "order",
        "date",
        "employee",
        "minutes",
        "hourly_rate",
        "amount",
        "company",
    )
    list_totals = ("minutes", "amount")
    fields = (
        "company",
        ("order", "date"),
        ("employee", "minutes", "hourly_rate", "amount"),
        "note",
    )
    verbs = (_reversal(reverse_labour, "maintenancelabour"),)


@admin.register(MaintenanceCharge)
class MaintenanceChargeAdmin(CostAdmin):
    list_display = (
        "number",
        "status_label",
        "order",
        "date",
        "partner",
        "amount",
        "credited",
        "reference",
        "invoice",
        "company",
    )
    list_totals = ("amount", "credited")
    fields = (
        "company",
        ("order", "date"),
        ("partner", "reference"),
        ("amount", "credited", "tax_code"),
        "description",
        "invoice",
    )
    verbs = (
        Verb(
            "cancel",
            _("Cancel, with its bill"),
            "maintenance.reverse_maintenancecharge",
            cancel_charge,
            ("draft",),
            form=ReasonForm,
            is_danger=True,
        ),
        _reversal(reverse_charge, "maintenancecharge"),
    )

    def links_of(self, request: Any, document: MaintenanceCharge) -> list[Link]:
        return [admin_row_link(document.invoice), *super().links_of(request, document)]
