from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound


class OutcomeReason(MasterData):
    """Why business is won or lost: what win and loss are counted by."""

    class Outcome(models.TextChoices):
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    outcome = models.CharField(_("outcome"), max_length=4, choices=Outcome)

    class Meta(MasterData.Meta):
        verbose_name = _("outcome reason")
        verbose_name_plural = _("outcome reasons")


class Segment(MasterData):
    """Customers that are treated alike in prices."""

    class Meta(MasterData.Meta):
        verbose_name = _("customer segment")
        verbose_name_plural = _("customer segments")


class CustomerProfile(CompanyBound, AuditedModel):
    """What sales knows of a partner beyond masterdata: one row for each."""

    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("customer"))
    segment = CompanyForeignKey(
        Segment, related_name="profiles", null=True, blank=True, verbose_name=_("segment")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("looked after by"),
    )
    note = models.TextField(_("note"), blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("partner",)
        verbose_name = _("customer profile")
        verbose_name_plural = _("customer profiles")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["partner"], name="crm_customerprofile_partner"),
            *company_references("crm_customerprofile", "partner", "segment"),
        ]

    def __str__(self) -> str:
        return str(self.partner)


class Contact(MasterData):
    """A person at a partner."""

    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("partner"))
    role = models.CharField(_("role"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=7, default="en")
    is_primary = models.BooleanField(_("first contact"), default=False)

    class Meta(MasterData.Meta):
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            *MasterData.Meta.constraints,
            UniqueConstraint(
                fields=["partner"], condition=Q(is_primary=True), name="crm_contact_one_primary"
            ),
            *company_references("crm_contact", "partner"),
        ]


class SellerLimit(CompanyBound, AuditedModel):
    """The discount a seller may give alone; without a row none. Above it another person agrees."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("seller"),
    )
    max_discount_percent = models.DecimalField(
        _("largest discount (%)"), max_digits=7, decimal_places=4
    )

    class Meta(CompanyBound.Meta):
        ordering = ("user",)
        verbose_name = _("seller's limit")
        verbose_name_plural = _("sellers' limits")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["company", "user"], name="crm_sellerlimit_user"),
            models.CheckConstraint(
                condition=Q(max_discount_percent__gte=0, max_discount_percent__lte=100),
                name="crm_sellerlimit_percent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.max_discount_percent} %"
