from __future__ import annotations

from django.db import models
from django.db.models import F, Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class CurrencyRevaluation(Document):
    """Monetary items in foreign currencies at the closing rate of ``date`` (IAS 21.23, 21.28).

    With ``reverses_on`` the mirror image is posted at once on that day; without it the items keep
    the new carrying amount, and what is realised later is measured against it.
    """

    class Status(models.TextChoices):
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")

    TRANSITIONS = {Status.POSTED: {Status.REVERSED}, Status.REVERSED: set()}

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.POSTED, editable=False
    )
    date = models.DateField(_("date"))
    reverses_on = models.DateField(
        _("reversed again on"),
        null=True,
        blank=True,
        help_text=_("Usually the first day of the next period. Empty: the new amounts stay."),
    )
    entry = CompanyForeignKey(
        "finance.JournalEntry", related_name="+", null=True, editable=False, verbose_name=_("entry")
    )

    class Meta(Document.Meta):
        verbose_name = _("currency revaluation")
        verbose_name_plural = _("currency revaluations")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=Q(reverses_on__isnull=True) | Q(reverses_on__gt=F("date")),
                name="finance_currencyrevaluation_reverses_later",
            ),
            *company_references("finance_currencyrevaluation", "entry"),
        ]
        permissions = [("reverse_currencyrevaluation", "Can reverse currency revaluations")]


class RevaluationLine(CompanyBound):
    """What a revaluation, or its reversal, did to one open item or one cash account.

    ``difference`` is as posted on ``account``, a debit above zero. The carrying amount of an
    invoice is its own plus its lines' differences up to a day.
    """

    IS_REGISTER = True

    revaluation = CompanyForeignKey(CurrencyRevaluation, related_name="lines")
    date = models.DateField(_("date"))
    account = CompanyForeignKey("finance.Account", related_name="+", verbose_name=_("account"))
    invoice = CompanyForeignKey(
        "finance.Invoice", related_name="revaluations", null=True, verbose_name=_("invoice")
    )
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    open_amount = MoneyField(_("open in currency"))
    rate = QuantityField(_("closing rate"), max_digits=20, decimal_places=8)
    carrying = MoneyField(_("carrying amount before"))
    difference = MoneyField(_("difference"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("revaluation line")
        verbose_name_plural = _("revaluation lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("finance_revaluationline", "rate"),
            models.CheckConstraint(
                condition=~Q(difference=0), name="finance_revaluationline_difference"
            ),
            *company_references("finance_revaluationline", "revaluation", "account", "invoice"),
        ]
        indexes = [
            Index(
                fields=["invoice", "date"],
                include=["difference"],
                condition=Q(invoice__isnull=False),
                name="finance_revaluationline_item",
            )
        ]

    def __str__(self) -> str:
        return f"{self.invoice or self.account}: {self.difference}"
