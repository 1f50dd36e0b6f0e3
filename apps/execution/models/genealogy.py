from __future__ import annotations

from django.db.models import CheckConstraint, Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import LedgerRow


class GenealogyEdge(LedgerRow):
    """``quantity`` of ``parent_lot`` went into ``child_lot`` in a work order; source: the report.

    Without a work order the lots were converted otherwise: a kit, a subcontractor's receipt.
    An edge below zero undoes one: a lot counts as parent while the sum of its edges is above zero.
    Both directions have a covering index, so a trace never leaves the indexes.
    """

    parent_lot = CompanyForeignKey("inventory.Lot", related_name="+", db_index=False)
    child_lot = CompanyForeignKey("inventory.Lot", related_name="+", db_index=False)
    work_order = CompanyForeignKey("execution.WorkOrder", related_name="+", null=True)
    quantity = QuantityField(_("quantity"))

    class Meta(LedgerRow.Meta):
        ordering = ("id",)
        verbose_name = _("genealogy edge")
        verbose_name_plural = _("genealogy edges")
        constraints = [
            *LedgerRow.Meta.constraints,
            CheckConstraint(condition=~Q(quantity=0), name="execution_genealogyedge_not_zero"),
            *company_references("execution_genealogyedge", "parent_lot", "child_lot", "work_order"),
        ]
        indexes = [
            Index(
                fields=["parent_lot", "child_lot"],
                include=["quantity", "work_order"],
                name="execution_genealogy_down",
            ),
            Index(
                fields=["child_lot", "parent_lot"],
                include=["quantity", "work_order"],
                name="execution_genealogy_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent_lot} → {self.child_lot}"
