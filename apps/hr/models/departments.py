from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import MasterData


class Department(MasterData):
    """A part of the organisation, in a tree; cost that nothing else bears lands on its object."""

    parent = CompanyForeignKey(
        "self", related_name="children", null=True, blank=True, verbose_name=_("parent")
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject",
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("cost object"),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("hr_department", "parent", "cost_object"),
        ]
