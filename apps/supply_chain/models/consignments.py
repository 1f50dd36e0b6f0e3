from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models import Document, LedgerRow
from apps.core.models.base import CompanyBound


class Consignment(Document):
    """What a carrier takes to one customer at once: one shipment, or several in one go.

    Its freight is estimated by the carrier's rates and billed by his invoices; it is our expense,
    or charged to the customer with the next invoice.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        DISPATCHED = "dispatched", _("On its way")
        DELIVERED = "delivered", _("Delivered")
        CANCELLED = "cancelled", _("Cancelled")

    class Incoterm(models.TextChoices):
        """Incoterms 2020 of the International Chamber of Commerce."""

        EXW = "EXW", _("EXW – ex works")
        FCA = "FCA", _("FCA – free carrier")
        CPT = "CPT", _("CPT – carriage paid to")
        CIP = "CIP", _("CIP – carriage and insurance paid to")
        DAP = "DAP", _("DAP – delivered at place")
        DPU = "DPU", _("DPU – delivered at place unloaded")
        DDP = "DDP", _("DDP – delivered duty paid")
        FAS = "FAS", _("FAS – free alongside ship")
        FOB = "FOB", _("FOB – free on board")
        CFR = "CFR", _("CFR – cost and freight")
        CIF = "CIF", _("CIF – cost, insurance and freight")

    TRANSITIONS = {
        Status.PLANNED: {Status.DISPATCHED, Status.CANCELLED},
        Status.DISPATCHED: {Status.DELIVERED, Status.CANCELLED},
        Status.DELIVERED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.PLANNED, editable=False
    )
    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="+", editable=False, verbose_name=_("customer")
    )
    site = CompanyForeignKey(
        "core.Site", related_name="+", editable=False, verbose_name=_("ships from")
    )
    date = models.DateField(_("date"))
    carrier = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("carrier")
    )
    service = CompanyForeignKey(
        "supply_chain.CarrierService",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("carrier service"),
    )
    tracking_number = models.CharField(_("tracking number"), max_length=60, blank=True)
    country = models.CharField(
        _("country"), max_length=2, blank=True, help_text=_("ISO 3166, where it goes.")
    )
    incoterm = models.CharField(_("Incoterm"), max_length=3, choices=Incoterm, blank=True)
    incoterm_place = models.CharField(_("named place"), max_length=60, blank=True)
    gross_weight = QuantityField(_("gross weight (kg)"), null=True, blank=True)
    package_count = models.PositiveIntegerField(_("packages"), null=True, blank=True)
    freight_estimate = MoneyField(_("freight, estimated"), null=True, editable=False)
    freight_currency = models.ForeignKey(
        "core.Currency",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("currency of the freight"),
    )
    charge_amount = MoneyField(
        _("charged to the customer"),
        null=True,
        blank=True,
        help_text=_("Net, in the customer's currency, with his next invoice. Empty: our expense."),
    )

    class Meta(Document.Meta):
        verbose_name = _("consignment")
        verbose_name_plural = _("consignments")
        constraints = [
            *Document.Meta.constraints,
            *positive("supply_chain_consignment", "gross_weight"),
            *not_negative("supply_chain_consignment", "freight_estimate", "charge_amount"),
            *company_references(
                "supply_chain_consignment", "partner", "site", "carrier", "service"
            ),
        ]
        indexes = [Index(fields=["company", "status"], name="supply_chain_consign_status")]
        permissions = [
            ("dispatch_consignment", "Can hand consignments over to carriers"),
            ("deliver_consignment", "Can record proofs of delivery"),
        ]


class ConsignmentShipment(CompanyBound):
    """A shipment that goes with a consignment; with one at a time."""

    consignment = CompanyForeignKey(
        Consignment, on_delete=models.CASCADE, related_name="parts", verbose_name=_("consignment")
    )
    shipment = CompanyForeignKey(
        "supply_chain.Shipment", related_name="consignments", verbose_name=_("shipment")
    )
    is_active = models.BooleanField(default=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("shipment of a consignment")
        verbose_name_plural = _("shipments of consignments")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["shipment"],
                condition=Q(is_active=True),
                name="supply_chain_consignmentshipment_once",
            ),
            *company_references("supply_chain_consignmentshipment", "consignment", "shipment"),
        ]

    def __str__(self) -> str:
        return str(self.shipment)


class ProofOfDelivery(LedgerRow):
    """Who took a consignment in, and when. The source is the consignment; the signature or photo
    is a file of it.
    """

    consignment = CompanyForeignKey(
        Consignment, related_name="proofs", db_index=False, verbose_name=_("consignment")
    )
    delivered_at = models.DateTimeField(_("delivered at"))
    received_by = models.CharField(_("received by"), max_length=100)
    note = models.CharField(_("note"), max_length=500, blank=True)
    signature_sha256 = models.CharField(
        _("SHA-256 of the signature"), max_length=64, blank=True, editable=False
    )

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("proof of delivery")
        verbose_name_plural = _("proofs of delivery")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(fields=["consignment"], name="supply_chain_proofofdelivery_once"),
            *company_references("supply_chain_proofofdelivery", "consignment"),
        ]
        indexes = [Index(fields=["source_type", "source_id"], name="supply_chain_proof_source")]

    def __str__(self) -> str:
        return f"{self.received_by}, {self.delivered_at:%Y-%m-%d}"


class DeliveryException(LedgerRow):
    """What was wrong with a line of a shipment when it was taken in, in stock units."""

    class Kind(models.TextChoices):
        MISSING = "missing", _("Missing")
        DAMAGED = "damaged", _("Damaged")
        REFUSED = "refused", _("Refused")

    proof = CompanyForeignKey(
        ProofOfDelivery, related_name="exceptions", verbose_name=_("proof of delivery")
    )
    shipment_line = CompanyForeignKey(
        "supply_chain.ShipmentLine", related_name="+", verbose_name=_("shipment line")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    quantity = QuantityField(_("quantity"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(LedgerRow.Meta):
        ordering = ("id",)
        verbose_name = _("exception at delivery")
        verbose_name_plural = _("exceptions at delivery")
        constraints = [
            *LedgerRow.Meta.constraints,
            *positive("supply_chain_deliveryexception", "quantity"),
            *company_references("supply_chain_deliveryexception", "proof", "shipment_line"),
        ]
        indexes = [Index(fields=["source_type", "source_id"], name="supply_chain_exception_src")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity.normalize():f}"
