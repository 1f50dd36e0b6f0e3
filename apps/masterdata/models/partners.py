from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import MasterData


class Partner(MasterData):
    """Who we deal with: customer, supplier, carrier, or several of these at once."""

    is_customer = models.BooleanField(_("customer"), default=False)
    is_supplier = models.BooleanField(_("supplier"), default=False)
    is_carrier = models.BooleanField(_("carrier"), default=False)
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    payment_days = models.PositiveSmallIntegerField(_("payment days"), default=30)
    payment_terms = CompanyForeignKey(
        "masterdata.PaymentTerms",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("payment terms"),
        help_text=_("Instead of the payment days."),
    )
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True)
    registration_number = models.CharField(_("registration number"), max_length=40, blank=True)
    electronic_address = models.CharField(_("electronic address"), max_length=100, blank=True)
    electronic_address_scheme = models.CharField(
        _("scheme of the electronic address"),
        max_length=4,
        blank=True,
        help_text=_("Code of the EAS list, 0088 for a GLN, EM for e-mail."),
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    address = models.TextField(_("address"), blank=True)
    delivery_address = models.TextField(_("delivery address"), blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    language = models.CharField(_("language"), max_length=7, default="en")

    class Meta(MasterData.Meta):
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("masterdata_partner", "payment_terms"),
        ]
