"""What the verbs of a work order ask."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.admin.forms import DateForm, VerbForm
from apps.execution.models import WorkOrder, WorkOrderOperation
from apps.execution.services.material_issues import IssueLine
from apps.hr.models import Employee
from apps.masterdata.models import ReasonCode


def _decimal(label: Any, *, required: bool = False, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=Decimal(0),
        max_digits=20,
        decimal_places=6,
        help_text=help_text,
        widget=UnfoldAdminDecimalFieldWidget,
    )


def _choice(label: Any, queryset: Any, *, required: bool = False) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        queryset, label=label, required=required, widget=UnfoldAdminSelectWidget
    )


class ReportForm(VerbForm):
    """Good, scrap and time of one operation; time left empty is the standard one."""

    operation = _choice(_("Operation"), WorkOrderOperation.objects.none())
    quantity_good = _decimal(_("Good"))
    quantity_scrap = _decimal(_("Scrap"))
    scrap_reason = _choice(_("Scrap reason"), ReasonCode.objects.none())
    labour_minutes = _decimal(_("Labour (min)"), help_text=_("Empty: the standard time."))
    machine_minutes = _decimal(_("Machine (min)"), help_text=_("Empty: the standard time."))
    employee = _choice(_("Employee"), Employee.objects.none())
    lot_codes = forms.CharField(
        label=_("Lot or serial numbers"),
        required=False,
        max_length=10_000,
        help_text=_("Separated by spaces; empty: numbered by the order."),
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, document: WorkOrder, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        operations = document.operations.order_by("sequence")
        company_id = document.company_id
        self.fields["operation"].queryset = operations
        self.fields["operation"].initial = operations.last()
        self.fields["scrap_reason"].queryset = ReasonCode.objects.filter(
            company_id=company_id, kind=ReasonCode.Kind.SCRAP, is_active=True
        )
        self.fields["employee"].queryset = Employee.objects.filter(
            company_id=company_id, is_active=True
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["lot_codes"] = (cleaned.get("lot_codes") or "").split()
        cleaned["reported_at"] = timezone.now()
        for name in ("quantity_good", "quantity_scrap"):
            cleaned[name] = cleaned.get(name) or Decimal(0)
        return cleaned


class IssueForm(DateForm):
    """One quantity for each component; empty ones are left out."""

    def __init__(self, *args: Any, document: WorkOrder, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.components = list(document.components.select_related("item"))
        for component in self.components:
            needed = f"{component.quantity.normalize():f}"
            self.fields[f"component_{component.pk}"] = _decimal(
                f"{component.item.code} {component.item.name}",
                help_text=_("Needed in all: {quantity}").format(quantity=needed),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        lines = [
            IssueLine(component, quantity)
            for component in self.components
            if (quantity := cleaned.pop(f"component_{component.pk}", None))
        ]
        return {"date": cleaned.get("date"), "lines": lines}
