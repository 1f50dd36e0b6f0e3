"""What the verbs of a purchase order ask."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.core.admin.forms import DateForm, VerbForm
from apps.core.admin.numbers import number_text
from apps.finance.models import TaxCode
from apps.inventory.models import Location
from apps.masterdata.queries.catch_weights import catch_weights
from apps.supply_chain.admin.serials import SerialsField
from apps.supply_chain.models import PurchaseOrder, ShippingNotice
from apps.supply_chain.serials import delivered_pieces
from apps.supply_chain.services.order_confirmations import Promise
from apps.supply_chain.services.receipts import Delivered
from apps.supply_chain.services.shipping_notices import Found


class BillForm(DateForm):
    """A bill for all that is received and not billed, at the order's prices."""

    reference = forms.CharField(
        label=_("Number of the supplier's bill"),
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
    )
    tax_code = forms.ModelChoiceField(
        TaxCode.objects.none(),
        label=_("Tax code of the order's sum of tax"),
        required=False,
        help_text=_("Empty: the code whose rate makes the sum."),
        widget=UnfoldAdminSelectWidget,
    )
    tax_is_cost = forms.BooleanField(
        label=_("The tax is cost: it is not claimed back"),
        required=False,
        widget=UnfoldBooleanWidget,
    )

    def __init__(self, *args: Any, document: PurchaseOrder, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        if not document.tax_amount:
            del self.fields["tax_code"], self.fields["tax_is_cost"]
            return
        field: Any = self.fields["tax_code"]
        field.queryset = TaxCode.objects.filter(
            company=document.company_id, is_active=True
        ).order_by("code")


class ReceiveForm(DateForm):
    """What came of each line; lines left empty did not come."""

    delivery_note = forms.CharField(
        label=_("Delivery note"), max_length=60, required=False, widget=UnfoldAdminTextInputWidget
    )
    location = forms.ModelChoiceField(
        Location.objects.none(), label=_("Put away at"), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, document: PurchaseOrder, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.fields["location"].queryset = Location.objects.filter(
            company_id=document.company_id,
            site_id=document.site_id,
            kind=Location.Kind.INTERNAL,
            is_active=True,
        )
        self.lines = list(document.lines.select_related("item__unit", "unit"))
        self.weights = catch_weights(line.item_id for line in self.lines)
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
        self.fields[f"rejected_{line.pk}"] = forms.DecimalField(
            label=_("Refused at the door"),
            required=False,
            min_value=Decimal(0),
            max_digits=20,
            decimal_places=6,
            widget=UnfoldAdminDecimalFieldWidget,
        )
        if line.item.tracking == "serial":
            self._add_serials(line)
        elif line.item.tracking != "none":
            for name, label in (("lot", _("Lot")), ("supplier_lot", _("Supplier's lot"))):
                self.fields[f"{name}_{line.pk}"] = forms.CharField(
                    label=label, required=False, max_length=60, widget=UnfoldAdminTextInputWidget
                )

    def _add_serials(self, line: Any) -> None:
        known = self.weights.get(line.item_id)
        said = _("One per line.")
        if known is not None:
            said = _("One per line, each with its weight: {least} to {most} {unit}.").format(
                least=number_text(known.least), most=number_text(known.most), unit=known.unit
            )
        self.fields[f"serials_{line.pk}"] = SerialsField(is_weighed=known is not None, text=said)
        self.fields[f"supplier_lot_{line.pk}"] = forms.CharField(
            label=_("Supplier's lot"),
            required=False,
            max_length=60,
            widget=UnfoldAdminTextInputWidget,
        )
        del self.fields[f"quantity_{line.pk}"]

    def _pieces(self, line: Any, cleaned: dict[str, Any]) -> list[Delivered]:
        """What came of a line whose pieces have numbers: each by itself."""
        return delivered_pieces(
            line,
            cleaned.get(f"serials_{line.pk}") or [],
            cleaned["location"],
            supplier_lot=cleaned.get(f"supplier_lot_{line.pk}", ""),
            refused=cleaned.get(f"rejected_{line.pk}") or Decimal(0),
        )

    def _counted(self, line: Any, cleaned: dict[str, Any]) -> tuple[Decimal, Decimal]:
        """What was taken in of ``line``, and what was refused."""
        taken = cleaned.get(f"quantity_{line.pk}") or Decimal(0)
        return taken, cleaned.get(f"rejected_{line.pk}") or Decimal(0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        came = [
            Delivered(
                line,
                quantity,
                cleaned["location"],
                lot_code=cleaned.get(f"lot_{line.pk}", ""),
                supplier_lot=cleaned.get(f"supplier_lot_{line.pk}", ""),
                quantity_rejected=rejected,
            )
            for line in self.lines
            if line.item.tracking != "serial"
            for quantity, rejected in [self._counted(line, cleaned)]
            if (quantity or rejected) and cleaned.get("location")
        ]
        for line in self.lines:
            if line.item.tracking == "serial" and cleaned.get("location"):
                came += self._pieces(line, cleaned)
        return {
            "date": cleaned.get("date"),
            "delivery_note": cleaned.get("delivery_note", ""),
            "lines": came,
        }


class PromiseForm(VerbForm):
    """What the supplier says of each line; lines without a day he said nothing of."""

    reference = forms.CharField(
        label=_("Supplier's reference"),
        max_length=60,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, document: PurchaseOrder, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.lines = list(document.lines.select_related("item", "unit"))
        for line in self.lines:
            self._add_line(line)

    def _add_line(self, line: Any) -> None:
        wanted = f"{line.quantity.normalize():f} {line.unit.code}, {line.due_date.isoformat()}"
        self.fields[f"date_{line.pk}"] = forms.DateField(
            label=f"{line.position} · {line.item.code} {line.item.name}",
            required=False,
            help_text=_("Wanted: {wanted}").format(wanted=wanted),
            widget=UnfoldAdminDateWidget,
        )
        for name, label in (("quantity", _("Quantity")), ("price", _("Unit price"))):
            self.fields[f"{name}_{line.pk}"] = forms.DecimalField(
                label=label,
                required=False,
                min_value=Decimal(0),
                max_digits=20,
                decimal_places=6,
                widget=UnfoldAdminDecimalFieldWidget,
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        return {
            "reference": cleaned.get("reference", ""),
            "lines": [
                Promise(
                    line,
                    cleaned[f"date_{line.pk}"],
                    cleaned.get(f"quantity_{line.pk}"),
                    cleaned.get(f"price_{line.pk}"),
                )
                for line in self.lines
                if cleaned.get(f"date_{line.pk}")
            ],
        }


class ReceiveNoticeForm(DateForm):
    """The notice filled in; who counts something else says so. Nothing came: 0."""

    location = forms.ModelChoiceField(
        Location.objects.none(), label=_("Put away at"), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, document: ShippingNotice, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        self.lines = list(
            document.lines.select_related("order_line__item", "order_line__unit")
            .select_related("order_line__order")
            .order_by("pk")
        )
        self.fields["location"].queryset = Location.objects.filter(
            company_id=document.company_id,
            site__in={line.order_line.order.site_id for line in self.lines},
            kind=Location.Kind.INTERNAL,
            is_active=True,
        )
        if len(only := list(self.fields["location"].queryset[:2])) == 1:
            self.initial["location"] = only[0].pk
        for line in self.lines:
            self._add_line(line)

    def _add_line(self, line: Any) -> None:
        ordered = line.order_line
        for name, label, initial in (
            (
                "quantity",
                f"{ordered.order.number} · {ordered} ({ordered.unit.code})",
                line.quantity,
            ),
            ("rejected", _("Refused at the door"), None),
        ):
            self.fields[f"{name}_{line.pk}"] = forms.DecimalField(
                label=label,
                required=name == "quantity",
                initial=None if initial is None else f"{initial.normalize():f}",
                min_value=Decimal(0),
                max_digits=20,
                decimal_places=6,
                help_text=line.sscc if name == "quantity" else "",
                widget=UnfoldAdminDecimalFieldWidget,
            )
        if ordered.item.tracking != "none":
            for name, label, given in (
                ("lot", _("Lot"), line.lot_code),
                ("supplier_lot", _("Supplier's lot"), line.supplier_lot),
            ):
                self.fields[f"{name}_{line.pk}"] = forms.CharField(
                    label=label,
                    required=False,
                    initial=given,
                    max_length=60,
                    widget=UnfoldAdminTextInputWidget,
                )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        return {
            "date": cleaned.get("date"),
            "location": cleaned.get("location"),
            "lines": [
                Found(
                    line,
                    cleaned.get(f"quantity_{line.pk}"),
                    cleaned.get(f"rejected_{line.pk}") or Decimal(0),
                    cleaned.get(f"lot_{line.pk}"),
                    cleaned.get(f"supplier_lot_{line.pk}"),
                )
                for line in self.lines
            ],
        }
