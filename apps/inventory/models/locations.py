from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import MasterData
from apps.finance.models import PostingRole


class Location(MasterData):
    """A place that stock moves between: a physical one, or a virtual one that stands for a reason.

    Value follows the move: each kind of place has a role in posting.
    """

    class Kind(models.TextChoices):
        INTERNAL = "internal", _("Internal")
        TRANSIT = "transit", _("In transit")
        SUPPLIER = "supplier", _("Suppliers")
        CUSTOMER = "customer", _("Customers")
        PRODUCTION = "production", _("Production")
        SCRAP = "scrap", _("Scrap")
        ADJUSTMENT = "adjustment", _("Count differences")
        OPENING = "opening", _("Opening balances")
        MAINTENANCE = "maintenance", _("Maintenance")
        ASSET = "asset", _("Built into assets")
        PROJECT = "project", _("Projects")

    #: Ours: has balances and a value.
    PHYSICAL = frozenset({Kind.INTERNAL, Kind.TRANSIT})
    ROLES = {
        Kind.INTERNAL: PostingRole.INVENTORY,
        Kind.TRANSIT: PostingRole.IN_TRANSIT,
        Kind.SUPPLIER: PostingRole.GRNI,
        Kind.CUSTOMER: PostingRole.COGS,
        Kind.PRODUCTION: PostingRole.WIP,
        Kind.SCRAP: PostingRole.SCRAP,
        Kind.ADJUSTMENT: PostingRole.ADJUSTMENT,
        Kind.OPENING: PostingRole.OPENING,
        Kind.MAINTENANCE: PostingRole.MAINTENANCE,
        Kind.ASSET: PostingRole.FIXED_ASSET,
        Kind.PROJECT: PostingRole.PROJECT_COST,
    }

    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.INTERNAL)
    site = CompanyForeignKey(
        "core.Site", related_name="locations", null=True, blank=True, verbose_name=_("site")
    )
    parent = CompanyForeignKey(
        "self", related_name="children", null=True, blank=True, verbose_name=_("parent")
    )
    is_quarantine = models.BooleanField(
        _("quarantine"), default=False, help_text=_("Stock here can't be issued or shipped.")
    )
    is_frozen = models.BooleanField(
        _("frozen"), default=False, editable=False, help_text=_("It is being counted.")
    )

    class Meta(MasterData.Meta):
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=~models.Q(kind="internal") | models.Q(site__isnull=False),
                name="inventory_location_internal_has_site",
            ),
            *company_references("inventory_location", "site", "parent"),
        ]

    @property
    def is_physical(self) -> bool:
        return self.kind in self.PHYSICAL
