from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, MoneyField
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class CostElement(models.TextChoices):
    """What cost is made of, in the order of the page."""

    LABOUR = "labour", _("Labour")
    MATERIAL = "material", _("Material from stock")
    PURCHASES = "purchases", _("Purchases")
    MACHINE = "machine", _("Machine time")
    OTHER = "other", _("Other")


class WbsNode(CompanyBound, AuditedModel):
    """A part of a project's work, with its budget (its own, without the parts below it).

    Each node owns a cost object: whatever posts on that costs the node. ``path`` sorts the tree as
    people count: 1.2 before 1.10.
    """

    project = CompanyForeignKey("projects.Project", related_name="nodes", verbose_name=_("project"))
    parent = CompanyForeignKey(
        "self", related_name="children", null=True, blank=True, verbose_name=_("part of")
    )
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=160)
    path = models.CharField(_("path"), max_length=600, editable=False)
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", editable=False, verbose_name=_("cost object")
    )
    responsible = CompanyForeignKey(
        "hr.Employee", related_name="+", null=True, blank=True, verbose_name=_("responsible")
    )
    budget_labour = MoneyField(_("budget: labour"), default=0)
    budget_material = MoneyField(_("budget: material"), default=0)
    budget_purchases = MoneyField(_("budget: purchases"), default=0)
    budget_machine = MoneyField(_("budget: machine time"), default=0)
    budget_other = MoneyField(_("budget: other"), default=0)

    BUDGETS = tuple(f"budget_{element}" for element in CostElement.values)

    class Meta(CompanyBound.Meta):
        ordering = ("project", "path")
        verbose_name = _("work breakdown node")
        verbose_name_plural = _("work breakdown nodes")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["project", "code"], name="projects_wbsnode_code"),
            UniqueConstraint(fields=["cost_object"], name="projects_wbsnode_cost_object"),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="projects_wbsnode_not_own_parent"
            ),
            *not_negative(
                "projects_wbsnode", *(f"budget_{element}" for element in CostElement.values)
            ),
            *company_references(
                "projects_wbsnode", "project", "parent", "cost_object", "responsible"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def depth(self) -> int:
        return self.path.count("/")

    @property
    def budget(self) -> Decimal:
        return sum((getattr(self, name) for name in self.BUDGETS), Decimal(0))
