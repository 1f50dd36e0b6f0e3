"""What is asked when a supplier has shipped to a customer of ours."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.admin.forms import DateForm
from apps.masterdata.models import Partner
from apps.supply_chain.models import PurchaseOrder
from apps.supply_chain.services.drop_shipments import Sent


class DeliverForm(DateForm):
    """What the supplier shipped of each line; lines left empty he did not ship."""

    delivery_note = forms.CharField(
        label=_("Delivery note"), max_length=60, required=False, widget=UnfoldAdminTextInputWidget
    )
    carrier = forms.ModelChoiceField(
        Partner.objects.none(), label=_("Carrier"), required=False, widget=UnfoldAdminSelectWidget
    )
    tracking_number = forms.CharField(
        label=_("Tracking number"), max_length=60, required=False, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args: Any, document: PurchaseOrder, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        carriers: Any = self.fields["carrier"]
        carriers.queryset = Partner.objects.filter(
            company=document.company_id, is_carrier=True, is_active=True
        ).order_by("code")
        self.lines = list(document.lines.select_related("item", "unit"))
        for line in self.lines:
            self._add_line(line)

    def _add_line(self, line: Any) -> None:
        ordered = f"{line.quantity.normalize():f} {line.unit.code}"
        self.fields[f"quantity_{line.pk}"] = forms.DecimalField(
            label=f"{line.position} · {line.item.code} {line.item.name}",
            required=False,
            min_value=Decimal(0),
            max_digits=20,
            decimal_places=6,
            help_text=_("Ordered: {quantity}").format(quantity=ordered),
            widget=UnfoldAdminDecimalFieldWidget,
        )
        if line.item.tracking == "none":
            return
        for name, label in (("lot", _("Lot")), ("supplier_lot", _("Supplier's lot"))):
            self.fields[f"{name}_{line.pk}"] = forms.CharField(
                label=label, required=False, max_length=60, widget=UnfoldAdminTextInputWidget
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        return {
            **{
                name: cleaned.get(name)
                for name in ("date", "delivery_note", "carrier", "tracking_number")
            },
            "lines": [
                Sent(
                    line,
                    cleaned[f"quantity_{line.pk}"],
                    lot_code=cleaned.get(f"lot_{line.pk}", ""),
                    supplier_lot=cleaned.get(f"supplier_lot_{line.pk}", ""),
                )
                for line in self.lines
                if cleaned.get(f"quantity_{line.pk}")
            ],
        }
