"""What the verbs of the sales chain ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.core.admin.base import CompanyForm
from apps.core.admin.forms import DateForm, VerbForm
from apps.core.models import Site
from apps.crm.models import Activity, Lead, OpportunityStage, OutcomeReason, ReturnLine
from apps.crm.queries.pipeline import duplicates_of
from apps.crm.services.returns import Inspected
from apps.inventory.models import Location


def optional_fields(*names: str) -> type[CompanyForm]:
    """A form in which ``names`` may be left empty: the service knows what then holds."""

    class OptionalForm(CompanyForm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            for name in names:
                if name in self.fields:
                    self.fields[name].required = False
            if "position" in names and self.instance.pk is None:
                self.initial["position"] = None  # the service counts on from the line before

    return OptionalForm


def _area(rows: int = 3) -> UnfoldAdminTextareaWidget:
    return UnfoldAdminTextareaWidget(attrs={"rows": rows})


class ActivityForm(VerbForm):
    kind = forms.ChoiceField(
        label=_("Kind"), choices=Activity.Kind.choices, widget=UnfoldAdminSelectWidget
    )
    subject = forms.CharField(label=_("Subject"), max_length=200, widget=UnfoldAdminTextInputWidget)
    due_date = forms.DateField(
        label=_("Due date"), initial=timezone.localdate, widget=UnfoldAdminDateWidget
    )
    note = forms.CharField(label=_("Note"), max_length=5000, required=False, widget=_area())


class EmailForm(VerbForm):
    to = forms.CharField(
        label=_("To"),
        max_length=1000,
        help_text=_("Several addresses are separated by commas."),
        widget=UnfoldAdminTextInputWidget,
    )
    subject = forms.CharField(label=_("Subject"), max_length=200, widget=UnfoldAdminTextInputWidget)
    body = forms.CharField(label=_("Text"), max_length=20_000, widget=_area(8))
    is_printout_attached = forms.BooleanField(
        label=_("Attach the document as PDF"), required=False, widget=UnfoldBooleanWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contact = getattr(self.document, "contact", None)
        partner = getattr(self.document, "partner", None)
        known = [one.email for one in (contact, self.document, partner) if _has_email(one)]
        self.fields["to"].initial = known[0] if known else ""
        self.fields["subject"].initial = str(self.document)

    def clean_to(self) -> list[str]:
        return [one.strip() for one in self.cleaned_data["to"].split(",") if one.strip()]


def _has_email(one: Any) -> bool:
    return bool(getattr(one, "email", ""))


class OutcomeTextForm(VerbForm):
    outcome = forms.CharField(
        label=_("What came of it"), max_length=5000, required=False, widget=_area()
    )


class SolutionForm(VerbForm):
    solution = forms.CharField(label=_("Solution"), max_length=5000, widget=_area())


class AnswerForm(VerbForm):
    answer = forms.CharField(label=_("What the customer is told"), max_length=5000, widget=_area())


class _OutcomeForm(VerbForm):
    outcome = OutcomeReason.Outcome.LOST
    outcome_reason = forms.ModelChoiceField(
        OutcomeReason.objects.none(), label=_("Because"), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["outcome_reason"]
        choice.queryset = OutcomeReason.objects.filter(
            company=self.document.company_id, outcome=self.outcome, is_active=True
        )


class LostForm(_OutcomeForm):
    """Why it was lost."""


class WonForm(_OutcomeForm):
    """Why it was won, if somebody knows."""

    outcome = OutcomeReason.Outcome.WON

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome_reason"].required = False


class OrderForm(WonForm):
    customer_reference = forms.CharField(
        label=_("Customer's reference"),
        max_length=60,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )


class ConvertForm(VerbForm):
    """Into an opportunity of the lead's partner, else of a new one."""

    name = forms.CharField(
        label=_("Opportunity"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )
    partner_code = forms.CharField(
        label=_("Code of the new partner"),
        max_length=60,
        required=False,
        help_text=_("Empty: the lead's number. A lead with a partner needs none."),
        widget=UnfoldAdminTextInputWidget,
    )
    value = forms.DecimalField(
        label=_("Value"),
        min_value=0,
        max_digits=20,
        decimal_places=4,
        required=False,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    expected_close = forms.DateField(
        label=_("Expected close"), required=False, widget=UnfoldAdminDateWidget
    )


class MergeForm(VerbForm):
    duplicates = forms.ModelMultipleChoiceField(
        Lead.objects.none(),
        label=_("Leads that are the same"),
        widget=UnfoldAdminSelectMultipleWidget,
        help_text=_("Same e-mail, phone number, or organisation in the same country."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["duplicates"]
        keys = [one.id for one in duplicates_of(self.document)]
        choice.queryset = Lead.objects.filter(pk__in=keys).order_by("pk")

    def clean_duplicates(self) -> list[Lead]:
        return list(self.cleaned_data["duplicates"])


class StageForm(VerbForm):
    stage = forms.ModelChoiceField(
        OpportunityStage.objects.none(), label=_("Stage"), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["stage"]
        choice.queryset = OpportunityStage.objects.filter(
            company=self.document.company_id, is_active=True
        ).exclude(pk=self.document.stage_id)


class QuoteForm(VerbForm):
    site = forms.ModelChoiceField(
        Site.objects.none(), label=_("Ships from"), widget=UnfoldAdminSelectWidget
    )
    margin_percent = forms.DecimalField(
        label=_("Margin on price (%)"),
        min_value=0,
        max_digits=7,
        decimal_places=4,
        required=False,
        help_text=_("Empty: prices of the price lists."),
        widget=UnfoldAdminDecimalFieldWidget,
    )
    price_step = forms.DecimalField(
        label=_("Rounded up to"),
        min_value=0,
        max_digits=20,
        decimal_places=6,
        required=False,
        widget=UnfoldAdminDecimalFieldWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["site"]
        choice.queryset = Site.objects.visible_to(self.user).filter(
            company=self.document.company_id, is_active=True
        )


class ReceiveReturnForm(DateForm):
    location = forms.ModelChoiceField(
        Location.objects.none(), label=_("Quarantine"), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["location"]
        choice.queryset = places(self.document, is_quarantine=True)


class InspectForm(DateForm):
    """What was found of each line; good goods go to one place."""

    location = forms.ModelChoiceField(
        Location.objects.none(),
        label=_("Good goods go to"),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["location"]
        choice.queryset = places(self.document, is_quarantine=False)
        self.lines = list(self.document.lines.select_related("item", "lot"))
        for line in self.lines:
            lot = f" / {line.lot.code}" if line.lot else ""
            self.fields[f"finding_{line.pk}"] = forms.ChoiceField(
                label=f"{line.position} · {line.quantity.normalize():f} {line.item.code}{lot}",
                choices=[c for c in ReturnLine.Finding.choices if c[0]],
                widget=UnfoldAdminSelectWidget,
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        place = cleaned.get("location")
        findings = [
            Inspected(line, found, place if found == ReturnLine.Finding.RESTOCK else None)
            for line in self.lines
            if (found := cleaned.get(f"finding_{line.pk}"))
        ]
        return {"date": cleaned.get("date"), "findings": findings}


class ReplaceForm(VerbForm):
    due_date = forms.DateField(label=_("Due date"), required=False, widget=UnfoldAdminDateWidget)


def places(document: Any, *, is_quarantine: bool) -> Any:
    """The internal places of the document's site."""
    return Location.objects.filter(
        company=document.company_id,
        site=document.site_id,
        kind=Location.Kind.INTERNAL,
        is_quarantine=is_quarantine,
        is_active=True,
    )
