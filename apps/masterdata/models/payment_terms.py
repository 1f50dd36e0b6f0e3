from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey
from apps.core.models import MasterData
from apps.core.models.base import CompanyBound


class PaymentTerms(MasterData):
    """When an invoice is to be paid: all at once or in instalments, and what paying early saves.

    ``discount_percent`` is taken off what is paid within ``discount_days`` of the invoice's date.
    With ``discount_corrects_tax`` it lowers tax with the price, as most tax laws want it.
    """

    discount_percent = models.DecimalField(
        _("early-payment discount in percent"), max_digits=5, decimal_places=3, default=0
    )
    discount_days = models.PositiveSmallIntegerField(_("discount days"), default=0)
    discount_corrects_tax = models.BooleanField(_("discount lowers tax"), default=True)

    class Meta(MasterData.Meta):
        verbose_name = _("payment terms")
        verbose_name_plural = _("payment terms")
        constraints = [
            *MasterData.Meta.constraints,
            *not_negative("masterdata_paymentterms", "discount_percent"),
            CheckConstraint(
                condition=Q(discount_percent__lt=100),
                name="masterdata_paymentterms_discount_percent_below_100",
            ),
        ]


class PaymentInstalment(CompanyBound):
    """A share of the invoice, due ``days`` after its date.

    With ``day_of_month`` it is due on the next such day from there on; 31 is the end of the month.
    The shares of terms sum to 100.
    """

    terms = CompanyForeignKey(PaymentTerms, on_delete=models.CASCADE, related_name="instalments")
    share = models.DecimalField(_("share in percent"), max_digits=6, decimal_places=3)
    days = models.PositiveSmallIntegerField(_("days"), default=0)
    day_of_month = models.PositiveSmallIntegerField(_("day of month"), null=True, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("masterdata_paymentinstalment", "share"),
            CheckConstraint(
                condition=Q(share__lte=100), name="masterdata_paymentinstalment_share_at_most_100"
            ),
            CheckConstraint(
                condition=Q(day_of_month__isnull=True) | Q(day_of_month__range=(1, 31)),
                name="masterdata_paymentinstalment_day_of_month",
            ),
            *company_references("masterdata_paymentinstalment", "terms"),
        ]

    def __str__(self) -> str:
        return f"{self.share.normalize():f} % / {self.days}"
