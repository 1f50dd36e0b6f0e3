"""What the page of a request asks of a bid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.admin.forms import VerbForm
from apps.core.models import Currency
from apps.masterdata.models import Partner
from apps.supply_chain.models import RequestForQuotation
from apps.supply_chain.services.requests_for_quotation import Price


class BidForm(VerbForm):
    """Lines without a price are not offered."""

    partner = forms.ModelChoiceField(
        Partner.objects.none(), label=_("Supplier"), widget=UnfoldAdminSelectWidget
    )
    currency = forms.ModelChoiceField(
        Currency.objects.all(),
        label=_("Currency"),
        required=False,
        help_text=_("Empty: the supplier's."),
        widget=UnfoldAdminSelectWidget,
    )
    reference = forms.CharField(
        label=_("Number of the bid"),
        max_length=60,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    valid_until = forms.DateField(
        label=_("Valid until"), required=False, widget=UnfoldAdminDateWidget
    )
    lead_time_days = forms.IntegerField(
        label=_("Lead time (days)"),
        min_value=0,
        max_value=3650,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    freight_amount = forms.DecimalField(
        label=_("Freight"),
        required=False,
        min_value=Decimal(0),
        max_digits=20,
        decimal_places=4,
        widget=UnfoldAdminDecimalFieldWidget,
    )

    def __init__(self, *args: Any, document: RequestForQuotation, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.fields["partner"].queryset = Partner.objects.filter(
            pk__in=document.suppliers.values("partner_id")
        )
        self.lines = list(document.lines.select_related("item", "unit"))
        for line in self.lines:
            asked = f"{line.quantity.normalize():f} {line.unit.code}"
            self.fields[f"price_{line.pk}"] = forms.DecimalField(
                label=f"{line.position} · {line.item.code} {line.item.name}",
                required=False,
                min_value=Decimal(0),
                max_digits=20,
                decimal_places=6,
                help_text=_("Price per {unit}; asked: {asked}").format(
                    unit=line.unit.code, asked=asked
                ),
                widget=UnfoldAdminDecimalFieldWidget,
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        return {
            "partner": cleaned.get("partner"),
            "currency": cleaned.get("currency"),
            "reference": cleaned.get("reference", ""),
            "valid_until": cleaned.get("valid_until"),
            "lead_time_days": cleaned.get("lead_time_days") or 0,
            "freight_amount": cleaned.get("freight_amount") or Decimal(0),
            "lines": [
                Price(line, cleaned[f"price_{line.pk}"])
                for line in self.lines
                if cleaned.get(f"price_{line.pk}") is not None
            ],
        }
