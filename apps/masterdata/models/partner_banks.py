from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class PartnerBankAccount(CompanyBound, AuditedModel):
    """Where a partner is paid. Every change is kept: a false account is how money is stolen.

    ``account_changed_at`` is when its number last became what it is.
    """

    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="bank_accounts", verbose_name=_("partner")
    )
    iban = models.CharField(_("IBAN"), max_length=34)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    holder = models.CharField(_("account holder"), max_length=70, blank=True)
    is_default = models.BooleanField(_("used for payments"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    account_changed_at = models.DateTimeField(_("number changed at"), editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("partner", "iban")
        verbose_name = _("bank account of a partner")
        verbose_name_plural = _("bank accounts of partners")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["partner", "iban"],
                condition=Q(is_active=True),
                name="masterdata_partnerbankaccount_once",
            ),
            UniqueConstraint(
                fields=["partner"],
                condition=Q(is_default=True, is_active=True),
                name="masterdata_partnerbankaccount_default",
            ),
            *company_references("masterdata_partnerbankaccount", "partner"),
        ]

    def __str__(self) -> str:
        return f"{self.iban[:4]} … {self.iban[-4:]}"
