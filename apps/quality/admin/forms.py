"""What the verbs of quality ask."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.core.admin.forms import DateForm, ReasonForm, VerbForm
from apps.hr.models import Employee
from apps.masterdata.models import ReasonCode
from apps.quality.models import CorrectiveStep, Disposition, Inspection, Nonconformance
from apps.quality.services.corrective_actions import Step
from apps.quality.services.dispositions import Decision


def _text(label: Any, *, rows: int = 3, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=5000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": rows}),
    )


def _line(label: Any, *, required: bool = False, longest: int = 200) -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=longest, widget=UnfoldAdminTextInputWidget
    )


def _day(label: Any, *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        initial=timezone.localdate if required else None,
        widget=UnfoldAdminDateWidget,
    )


def _decimal(label: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        max_digits=20,
        decimal_places=6,
        help_text=help_text,
        widget=UnfoldAdminDecimalFieldWidget,
    )


def _choice(label: Any, rows: Any = None, *, required: bool = False) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        rows, label=label, required=required, widget=UnfoldAdminSelectWidget
    )


class DecideForm(VerbForm):
    """How much is accepted; left empty, the sample decides over all."""

    quantity_accepted = _decimal(
        _("Accept this much"), _("Empty: the sample decides over all of it.")
    )
    reason = _line(_("Reason"))

    def __init__(self, *args: Any, document: Inspection, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.fields["quantity_accepted"].min_value = Decimal(0)


class ContainForm(VerbForm):
    containment = _text(_("What keeps it from spreading"))


class DispositionForm(DateForm):
    """For each lot: how much is used, reworked, scrapped, returned; the rest waits."""

    conclusion = _text(_("Conclusion"), rows=2, required=False)
    note = _line(_("Why it may be used, or what rework does"))
    scrap_reason = _choice(_("Reason for scrap"), ReasonCode.objects.none())

    def __init__(self, *args: Any, document: Nonconformance, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.fields["scrap_reason"].queryset = ReasonCode.objects.filter(
            company=document.company_id, kind=ReasonCode.Kind.SCRAP, is_active=True
        ).order_by("code")
        self.lots = list(document.lots.select_related("lot", "location"))
        for row in self.lots:
            where = f"{row.lot or document.item.code} · {row.location.code}"
            held = f"{row.quantity.normalize():f}"
            for kind, label in Disposition.Kind.choices:
                field = _decimal(f"{where}: {label}", _("Held: {held}").format(held=held))
                field.min_value = Decimal(0)
                self.fields[f"{kind}_{row.pk}"] = field

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        decisions = [
            Decision(
                kind=kind,
                quantity=given[f"{kind}_{row.pk}"],
                nonconforming_lot=row,
                reason=given.get("scrap_reason") if kind == Disposition.Kind.SCRAP else None,
                note=given.get("note", ""),
            )
            for row in self.lots
            for kind in Disposition.Kind.values
            if given.get(f"{kind}_{row.pk}")
        ]
        return {
            "date": given.get("date"),
            "conclusion": given.get("conclusion", ""),
            "decisions": decisions,
        }


class ReopenForm(DateForm, ReasonForm):
    field_order = ("date", "reason")


class RootCauseForm(VerbForm):
    root_cause = _text(_("Why it happened"))
    why_not_found = _text(_("Why it was not found where it happened"), required=False)


class StepForm(VerbForm):
    """One step at a time: who does what by when."""

    what = _line(_("What is done"), required=True)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=CorrectiveStep.Kind.choices, widget=UnfoldAdminSelectWidget
    )
    owner = _choice(_("Owner"), Employee.objects.none(), required=True)
    due_on = _day(_("Due on"))

    def __init__(self, *args: Any, document: Any, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.fields["owner"].queryset = Employee.objects.filter(
            company=document.company_id, is_active=True
        ).order_by("code")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        names = ("what", "kind", "owner", "due_on")
        if any(not given.get(name) for name in names):
            return given
        return {"steps": [Step(**{name: given[name] for name in names})]}


class CompleteForm(VerbForm):
    """Which step is done, and what came of it."""

    step = _choice(_("Step"), CorrectiveStep.objects.none(), required=True)
    result = _line(_("Result"), required=True)

    def __init__(self, *args: Any, document: Any, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.fields["step"].queryset = document.steps.filter(done_on__isnull=True)


class FinishForm(VerbForm):
    check_on = _day(_("Check effectiveness on"))


class JudgeForm(VerbForm):
    is_effective = forms.BooleanField(
        label=_("It has worked"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    evidence = _text(_("What shows it"))


class CalibrateForm(VerbForm):
    """A calibration as its certificate has it."""

    calibrated_on = _day(_("Calibrated on"))
    is_found_good = forms.BooleanField(
        label=_("Found within tolerance"),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
    )
    is_left_good = forms.BooleanField(
        label=_("Left within tolerance"),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
    )
    as_found = _decimal(_("Deviation found"))
    as_left = _decimal(_("Deviation left"))
    due_on = _day(_("Due again on"), required=False)
    certificate = _line(_("Certificate"), longest=80)
    laboratory = _line(_("Laboratory"), longest=100)


class FreezeForm(VerbForm):
    points = forms.IntegerField(
        label=_("From the first points"),
        required=False,
        min_value=2,
        help_text=_("Empty: from all."),
        widget=UnfoldAdminTextInputWidget,
    )
    reason = _line(_("Reason"))
