from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class PartnerBankAccount(CompanyBound, AuditedModel):
    """Where a partner is paid: an IBAN, or an account number at the bank that ``bic`` names.

    Every change is kept: a false account is how money is stolen. ``account_changed_at`` is when
    its number last became what it is.
    """

    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="bank_accounts", verbose_name=_("partner")
    )
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    account_number = models.CharField(
        _("account number"),
        max_length=34,
        blank=True,
        help_text=_("Where there is no IBAN; the BIC says at which bank."),
    )
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    holder = models.CharField(_("account holder"), max_length=70, blank=True)
    currency = models.ForeignKey(
        "core.Currency",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("currency"),
        help_text=_("What is paid to it. Empty: whatever has no account of its own."),
    )
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
                fields=["partner", "iban", "account_number", "currency"],
                condition=Q(is_active=True),
                nulls_distinct=False,
                name="masterdata_partnerbankaccount_once",
            ),
            UniqueConstraint(
                fields=["partner", "currency"],
                condition=Q(is_default=True, is_active=True),
                nulls_distinct=False,
                name="masterdata_partnerbankaccount_default",
            ),
            models.CheckConstraint(
                condition=(~Q(iban="") & Q(account_number=""))
                | (Q(iban="") & ~Q(account_number="") & ~Q(bic="")),
                name="masterdata_partnerbankaccount_number",
            ),
            *company_references("masterdata_partnerbankaccount", "partner"),
        ]

    def __str__(self) -> str:
        return f"{self.number[:4]} … {self.number[-4:]}"

    @property
    def number(self) -> str:
        """The IBAN, or the account number where there is none."""
        return self.iban or self.account_number
