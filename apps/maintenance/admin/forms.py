"""What the verbs of a maintenance order ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.admin.forms import DateForm, VerbForm
from apps.core.money import ZERO
from apps.finance.models import TaxCode
from apps.hr.models import Employee
from apps.inventory.models import Location
from apps.maintenance.models import FailureCode, MaintenanceOrder, OrderTask
from apps.maintenance.queries.orders import issued_parts
from apps.maintenance.services.order_tasks import Answer
from apps.maintenance.services.parts import PartTaken
from apps.masterdata.models import Item, Partner

EXTRA_PARTS = 2


def _choice(label: Any, queryset: Any, *, required: bool = True) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        queryset, label=label, required=required, widget=UnfoldAdminSelectWidget
    )


def _decimal(label: Any, *, required: bool = True, places: int = 6) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        max_digits=20,
        decimal_places=places,
        widget=UnfoldAdminDecimalFieldWidget,
    )


def _text(label: Any, *, longest: int, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=longest, widget=UnfoldAdminTextInputWidget
    )


class CompleteForm(VerbForm):
    """What was found and done."""

    work_done = forms.CharField(
        label=_("Work done"),
        required=False,
        max_length=4000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    failure_mode = _choice(_("Failure mode"), FailureCode.objects.none(), required=False)
    failure_cause = _choice(_("Cause"), FailureCode.objects.none(), required=False)
    failure_remedy = _choice(_("Remedy"), FailureCode.objects.none(), required=False)

    def __init__(self, *args: Any, document: MaintenanceOrder, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        codes = FailureCode.objects.filter(company_id=document.company_id, is_active=True)
        for kind in FailureCode.Kind:
            self.fields[f"failure_{kind}"].queryset = codes.filter(kind=kind)


class AnswersForm(VerbForm):
    """A result, a value and a note for each task; tasks without one stay as they are."""

    def __init__(self, *args: Any, document: MaintenanceOrder, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.tasks = list(document.tasks.all())
        results = [("", "–"), *(pair for pair in OrderTask.Result.choices if pair[0])]
        for task in self.tasks:
            self.fields[f"result_{task.pk}"] = forms.ChoiceField(
                label=f"{task.position} {task.text}",
                required=False,
                choices=results,
                initial=task.result,
                widget=UnfoldAdminSelectWidget,
            )
            if task.kind == "measure":
                value = _decimal(_("Value ({unit})").format(unit=task.unit or "–"), required=False)
                value.initial = task.value
                self.fields[f"value_{task.pk}"] = value
            note = _text(_("Note"), longest=300)
            note.initial = task.note
            self.fields[f"note_{task.pk}"] = note

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        answers = []
        for task in self.tasks:
            result = cleaned.get(f"result_{task.pk}") or ""
            value = cleaned.get(f"value_{task.pk}")
            note = cleaned.get(f"note_{task.pk}") or ""
            if (result or value is not None) and (result, value, note) != (
                task.result,
                task.value,
                task.note,
            ):
                answers.append(Answer(task, result, value, note))
        return {"answers": answers}


class IssuePartsForm(DateForm):
    """A quantity for each planned part, and room for others."""

    location = _choice(_("From"), Location.objects.none())

    def __init__(self, *args: Any, document: MaintenanceOrder, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        company_id = document.company_id
        self.fields["location"].queryset = Location.objects.filter(
            company_id=company_id, kind=Location.Kind.INTERNAL, site=document.site_id
        )
        self.fields["location"].initial = self.fields["location"].queryset.first()
        self.parts = list(document.parts.select_related("item__unit"))
        issued = issued_parts(document)
        for part in self.parts:
            label = f"{part.item.code} {part.item.name} ({part.item.unit.code})"
            left = part.quantity - issued.get(part.item_id, (ZERO, ZERO))[0]
            quantity = _decimal(label, required=False)
            quantity.initial = f"{left.normalize():f}" if left > 0 else None
            self.fields[f"part_{part.pk}"] = quantity
            self.fields[f"lot_{part.pk}"] = _text(_("Lot (empty: first to expire)"), longest=60)
        items = Item.objects.filter(
            company_id=company_id,
            is_active=True,
            kind__in=(Item.Kind.PURCHASED, Item.Kind.MANUFACTURED),
        ).order_by("code")
        for n in range(EXTRA_PARTS):
            self.fields[f"item_{n}"] = _choice(_("Other part"), items, required=False)
            self.fields[f"quantity_{n}"] = _decimal(_("Quantity"), required=False)
            self.fields[f"lot_x{n}"] = _text(_("Lot (empty: first to expire)"), longest=60)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        place = cleaned.get("location")
        rows = [
            (part.item, cleaned.get(f"part_{part.pk}"), cleaned.get(f"lot_{part.pk}"))
            for part in self.parts
        ]
        rows += [
            (cleaned.get(f"item_{n}"), cleaned.get(f"quantity_{n}"), cleaned.get(f"lot_x{n}"))
            for n in range(EXTRA_PARTS)
        ]
        lines = [
            PartTaken(item, quantity, place, lot or "")
            for item, quantity, lot in rows
            if item is not None and quantity is not None and place is not None
        ]
        return {"date": cleaned.get("date"), "lines": lines}


class LabourForm(DateForm):
    """Whose time, and how much."""

    employee = _choice(_("Employee"), Employee.objects.none())
    minutes = _decimal(_("Minutes"))
    note = _text(_("Note"), longest=200)

    def __init__(self, *args: Any, document: MaintenanceOrder, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.fields["employee"].queryset = Employee.objects.filter(
            company_id=document.company_id, is_active=True
        )


class ChargeForm(DateForm):
    """A supplier's bill for work on this order."""

    partner = _choice(_("Supplier"), Partner.objects.none())
    amount = _decimal(_("Amount without tax"), places=4)
    tax_code = _choice(_("Tax code"), TaxCode.objects.none(), required=False)
    reference = _text(_("Supplier's bill number"), longest=60)
    description = _text(_("Description"), longest=200)

    def __init__(self, *args: Any, document: MaintenanceOrder, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        company_id = document.company_id
        self.fields["partner"].queryset = Partner.objects.filter(
            company_id=company_id, is_supplier=True, is_active=True
        )
        self.fields["tax_code"].queryset = TaxCode.objects.filter(
            company_id=company_id, is_active=True
        )
