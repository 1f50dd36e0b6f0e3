"""Inputs that several verbs share."""

from __future__ import annotations

from apps.core.api.fields import BooleanField, DateField, DecimalField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.models import Currency
from apps.finance.models import TaxCode
from apps.inventory.models import ExpectedMove, Location
from apps.masterdata.models import Partner, Unit
from apps.supply_chain.models import PurchaseOrderLine, ReceiptLine


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=500)


class DateReasonInput(ReasonInput):
    """When and why: what a reversal takes."""

    date = DateField()


class DeliveredInput(StrictSerializer):
    """What came for one order line, in ``unit`` (else the order line's).

    What is ordered by weight is counted in pieces, each with its number and ``catch_weight``.
    """

    order_line = ReferenceField(PurchaseOrderLine)
    quantity = DecimalField(required=False, min_value=0)
    quantity_rejected = DecimalField(required=False, min_value=0)
    location = ReferenceField(Location)
    unit = ReferenceField(Unit, required=False, allow_null=True)
    lot_code = TextField(max_length=60, required=False)
    supplier_lot = TextField(max_length=60, required=False)
    expires_on = DateField(required=False, allow_null=True)
    catch_weight = DecimalField(required=False, allow_null=True, positive=True)


class ReceiveInput(StrictSerializer):
    date = DateField()
    delivery_note = TextField(max_length=60, required=False)
    lines = DeliveredInput(many=True)


class ToShipInput(StrictSerializer):
    """A promise that the supplier serves, in stock units; without a quantity what is open."""

    expected_move = ReferenceField(ExpectedMove)
    quantity = DecimalField(required=False, positive=True)
    unit_price = DecimalField(required=False, min_value=0)


class DropShipInput(StrictSerializer):
    """Promises to one customer that the supplier (``partner``) is to ship."""

    company = CompanyField()  # type: ignore[assignment]
    partner = ReferenceField(Partner)
    order_date = DateField(required=False)
    due_date = DateField(required=False)
    currency = ReferenceField(Currency, required=False)
    supplier_reference = TextField(max_length=60, required=False)
    delivery_address = TextField(max_length=500, required=False, single_line=False)
    lines = ToShipInput(many=True, allow_empty=False)


class SentInput(StrictSerializer):
    """What the supplier has shipped for an order line, in its unit."""

    order_line = ReferenceField(PurchaseOrderLine)
    quantity = DecimalField(positive=True)
    lot_code = TextField(max_length=60, required=False)
    supplier_lot = TextField(max_length=60, required=False)
    expires_on = DateField(required=False)


class DeliverInput(StrictSerializer):
    date = DateField()
    delivery_note = TextField(max_length=60, required=False)
    carrier = ReferenceField(Partner, required=False)
    tracking_number = TextField(max_length=60, required=False)
    lines = SentInput(many=True, allow_empty=False)


class BilledInput(StrictSerializer):
    """A bill's line for a receipt line, in the order's unit and currency."""

    receipt_line = ReferenceField(ReceiptLine, related=("receipt__order__currency",))
    quantity = DecimalField(required=False, positive=True)
    unit_price = DecimalField(required=False, min_value=0)
    tax_code = ReferenceField(TaxCode, required=False, allow_null=True)


class BillInput(StrictSerializer):
    """A supplier's bill; without ``lines`` for all that is received and not billed.

    Tax that the bill states as a sum, and freight; without ``lines`` the order's own. The sum's
    ``tax_code`` may be left out where just one rate, or one mix of rates over the lines, makes it.
    With ``tax_is_cost`` it is not claimed back.
    """

    reference = TextField(max_length=60)
    date = DateField()
    due_date = DateField(required=False)
    lines = BilledInput(many=True, required=False)
    tax_amount = DecimalField(required=False, decimal_places=4, min_value=0)
    tax_code = ReferenceField(TaxCode, required=False, allow_null=True)
    tax_is_cost = BooleanField(required=False)
    freight_amount = DecimalField(required=False, decimal_places=4, min_value=0)


class PromiseInput(StrictSerializer):
    """What the supplier promises for an order line, in its unit and the order's currency."""

    order_line = ReferenceField(PurchaseOrderLine)
    promised_date = DateField()
    quantity = DecimalField(required=False, positive=True)
    unit_price = DecimalField(required=False, min_value=0)


class ConfirmationInput(StrictSerializer):
    reference = TextField(max_length=60, required=False)
    lines = PromiseInput(many=True)
