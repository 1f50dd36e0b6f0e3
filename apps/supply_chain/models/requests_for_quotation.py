from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models import AuditedModel, Document
from apps.core.models.base import CompanyBound


class RequestForQuotation(Document):
    """Several suppliers are asked for the same; their bids are compared, the best is ordered."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENT = "sent", _("Sent")
        AWARDED = "awarded", _("Awarded")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.SENT, Status.CANCELLED},
        Status.SENT: {Status.AWARDED, Status.CANCELLED},
        Status.AWARDED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("deliver to"))
    date = models.DateField(_("date"))
    answer_by = models.DateField(_("answer by"))
    note = models.TextField(_("note to suppliers"), blank=True)

    class Meta(Document.Meta):
        verbose_name = _("request for quotation")
        verbose_name_plural = _("requests for quotation")
        constraints = [
            *Document.Meta.constraints,
            *company_references("supply_chain_requestforquotation", "site"),
        ]
        permissions = [
            ("send_requestforquotation", "Can send and cancel requests for quotation"),
            ("award_requestforquotation", "Can award requests for quotation"),
        ]


class RequestedLine(CompanyBound):
    """What suppliers are asked for; bids are per ``unit``."""

    request = CompanyForeignKey(RequestForQuotation, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("position"), default=10)
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"))
    unit = CompanyForeignKey("masterdata.Unit", related_name="+", verbose_name=_("unit"))
    needed_by = models.DateField(_("needed by"))

    class Meta(CompanyBound.Meta):
        ordering = ("request", "position", "id")
        verbose_name = _("requested line")
        verbose_name_plural = _("requested lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["request", "position"], name="supply_chain_requestedline_position"
            ),
            *positive("supply_chain_requestedline", "quantity"),
            *company_references("supply_chain_requestedline", "request", "item", "unit"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.item.code}"


class RequestedSupplier(CompanyBound):
    """A supplier who is asked."""

    request = CompanyForeignKey(
        RequestForQuotation, on_delete=models.CASCADE, related_name="suppliers"
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("supplier"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("asked supplier")
        verbose_name_plural = _("asked suppliers")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["request", "partner"], name="supply_chain_requestedsupplier_once"
            ),
            *company_references("supply_chain_requestedsupplier", "request", "partner"),
        ]

    def __str__(self) -> str:
        return str(self.partner)


class Bid(CompanyBound, AuditedModel):
    """What one supplier offers for a request, in his currency; ``freight_amount`` for all of it.

    ``lead_time_days`` are calendar days from the order. A new bid takes the place of the old one.
    """

    request = CompanyForeignKey(
        RequestForQuotation, related_name="bids", verbose_name=_("request for quotation")
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("supplier"))
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    reference = models.CharField(_("number of the bid"), max_length=60, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    lead_time_days = models.PositiveIntegerField(_("lead time (days)"), default=0)
    freight_amount = MoneyField(_("freight"), default=0)

    class Meta(CompanyBound.Meta):
        ordering = ("request", "id")
        verbose_name = _("bid")
        verbose_name_plural = _("bids")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["request", "partner"], name="supply_chain_bid_once"),
            *not_negative("supply_chain_bid", "freight_amount"),
            *company_references("supply_chain_bid", "request", "partner"),
        ]

    def __str__(self) -> str:
        return f"{self.request} · {self.partner.code}"


class BidLine(CompanyBound):
    """A price per unit of the requested line, in the bid's currency; what is missing isn't bid."""

    bid = CompanyForeignKey(Bid, on_delete=models.CASCADE, related_name="lines")
    requested_line = CompanyForeignKey(
        RequestedLine, related_name="bid_lines", verbose_name=_("requested line")
    )
    unit_price = QuantityField(_("unit price"))

    class Meta(CompanyBound.Meta):
        ordering = ("bid", "requested_line")
        verbose_name = _("bid line")
        verbose_name_plural = _("bid lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["bid", "requested_line"], name="supply_chain_bidline_once"),
            *not_negative("supply_chain_bidline", "unit_price"),
            *company_references("supply_chain_bidline", "bid", "requested_line"),
        ]

    def __str__(self) -> str:
        return f"{self.requested_line}: {self.unit_price.normalize():f}"
