from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class SupplierAccess(CompanyBound, AuditedModel):
    """Lets a person outside see what concerns one supplier, in the suppliers' pages and nowhere
    else.

    The row is the right: no role gives it, and who has it needs no other.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("user")
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("supplier"))
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(CompanyBound.Meta):
        ordering = ("partner", "user")
        verbose_name = _("supplier's access")
        verbose_name_plural = _("suppliers' accesses")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["company", "user"], name="supply_chain_supplieraccess_user"),
            *company_references("supply_chain_supplieraccess", "partner"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.partner.code}"
