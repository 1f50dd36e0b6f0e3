from __future__ import annotations

from django.db import models
from django.db.models import F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class ReorderRule(CompanyBound, AuditedModel):
    """When an item is bought again for a site, and how much. Quantities in stock units.

    *Minimum and maximum*: at or below the minimum, up to the maximum. *Reorder point*: reckoned
    from demand and lead time with the safety stock of the service level; a ``minimum`` is its
    floor, a ``maximum`` what it is filled up to.
    """

    class Method(models.TextChoices):
        MIN_MAX = "min_max", _("Minimum and maximum")
        REORDER_POINT = "reorder_point", _("Reorder point")

    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("site"))
    method = models.CharField(
        _("method"), max_length=13, choices=Method, default=Method.REORDER_POINT
    )
    minimum = QuantityField(_("minimum"), default=0)
    maximum = QuantityField(_("maximum"), null=True, blank=True)
    service_level_percent = models.DecimalField(
        _("service level (%)"), max_digits=5, decimal_places=2, default=95
    )
    review_days = models.PositiveSmallIntegerField(
        _("review (days)"), default=1, help_text=_("How many days lie between two looks at it.")
    )
    history_days = models.PositiveSmallIntegerField(_("demand of the last (days)"), default=180)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(CompanyBound.Meta):
        ordering = ("item", "site")
        verbose_name = _("reorder rule")
        verbose_name_plural = _("reorder rules")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["item", "site"], name="supply_chain_reorderrule_item"),
            *not_negative("supply_chain_reorderrule", "minimum"),
            models.CheckConstraint(
                condition=Q(maximum__isnull=True, method="reorder_point")
                | Q(maximum__gt=F("minimum")),
                name="supply_chain_reorderrule_maximum",
            ),
            models.CheckConstraint(
                condition=Q(service_level_percent__gte=50, service_level_percent__lt=100),
                name="supply_chain_reorderrule_service_level",
            ),
            models.CheckConstraint(
                condition=Q(review_days__gte=1, review_days__lte=365),
                name="supply_chain_reorderrule_review",
            ),
            models.CheckConstraint(
                condition=Q(history_days__gte=7, history_days__lte=1830),
                name="supply_chain_reorderrule_history",
            ),
            *company_references("supply_chain_reorderrule", "item", "site"),
        ]

    def __str__(self) -> str:
        return f"{self.item.code} @ {self.site.code}"
