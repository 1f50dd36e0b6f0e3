from __future__ import annotations

from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models.base import CompanyBound


class SubcontractComponent(CompanyBound):
    """Material of ours that a supplier turns into what an order line is of, since it was ordered.

    ``quantity`` is what the whole line takes, scrap included, ``per_unit`` what one stock unit
    does; both in the component's stock unit. What is expected to go out of it is what the supplier
    has not got yet.
    """

    order_line = CompanyForeignKey(
        "supply_chain.PurchaseOrderLine", related_name="components", verbose_name=_("order line")
    )
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    per_unit = QuantityField(_("quantity per unit"), max_digits=26, decimal_places=12)
    quantity = QuantityField(_("quantity"))

    class Meta(CompanyBound.Meta):
        ordering = ("order_line", "id")
        verbose_name = _("material of a subcontractor")
        verbose_name_plural = _("material of subcontractors")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["order_line", "item"], name="supply_chain_subcontractcomponent_once"
            ),
            *positive("supply_chain_subcontractcomponent", "per_unit", "quantity"),
            *company_references("supply_chain_subcontractcomponent", "order_line", "item"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.item.code}"

    @property
    def order(self) -> object:
        return self.order_line.order
