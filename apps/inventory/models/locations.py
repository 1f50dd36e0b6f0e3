from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
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
        DROP_SHIP = "drop_ship", _("Shipped by suppliers")
        FOREIGN = "foreign", _("Goods of suppliers")

    class Use(models.TextChoices):
        STORAGE = "storage", _("Storage")
        RECEIVING = "receiving", _("Receiving dock")
        STAGING = "staging", _("Staging for shipment")
        LINE = "line", _("Line side")

    #: Ours: has balances and a value.
    PHYSICAL = frozenset({Kind.INTERNAL, Kind.TRANSIT})
    #: Has balances: what is ours, and what lies here and is a supplier's (ADR 0042).
    HOLDING = PHYSICAL | {Kind.FOREIGN}
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
        Kind.DROP_SHIP: PostingRole.IN_TRANSIT,
        Kind.FOREIGN: PostingRole.GRNI,
    }

    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.INTERNAL)
    site = CompanyForeignKey(
        "core.Site", related_name="locations", null=True, blank=True, verbose_name=_("site")
    )
    parent = CompanyForeignKey(
        "self", related_name="children", null=True, blank=True, verbose_name=_("parent")
    )
    held_by = CompanyForeignKey(
        "masterdata.Partner",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("lies at"),
        help_text=_("The partner that has our goods here: a subcontractor. Nobody picks them."),
    )
    owner = CompanyForeignKey(
        "masterdata.Partner",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("owner"),
        help_text=_("The supplier whose goods lie here until we take them over."),
    )
    use = models.CharField(_("used for"), max_length=10, choices=Use, default=Use.STORAGE)
    walk_order = models.PositiveIntegerField(
        _("walking order"), default=0, help_text=_("Pickers come by in this order.")
    )
    max_quantity = QuantityField(_("room for (stock units)"), null=True, blank=True)
    max_weight = QuantityField(_("bears (kg)"), null=True, blank=True)
    max_volume = QuantityField(_("room for (l)"), null=True, blank=True)
    is_single_item = models.BooleanField(
        _("one item only"), default=False, help_text=_("Goods of one item at a time.")
    )
    is_quarantine = models.BooleanField(
        _("quarantine"), default=False, help_text=_("Stock here can't be issued or shipped.")
    )
    is_frozen = models.BooleanField(
        _("frozen"), default=False, editable=False, help_text=_("It is being counted.")
    )
    is_sealed = models.BooleanField(
        _("sealed"), default=False, editable=False, help_text=_("It is a closed package.")
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
            models.CheckConstraint(
                condition=models.Q(held_by__isnull=True) | models.Q(kind="internal"),
                name="inventory_location_held_is_ours",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="foreign", owner__isnull=False, site__isnull=False)
                | ~models.Q(kind="foreign") & models.Q(owner__isnull=True),
                name="inventory_location_foreign_has_owner",
            ),
            *positive("inventory_location", "max_quantity", "max_weight", "max_volume"),
            *company_references("inventory_location", "site", "parent", "held_by", "owner"),
        ]

    @property
    def is_physical(self) -> bool:
        return self.kind in self.PHYSICAL

    @property
    def has_balances(self) -> bool:
        return self.kind in self.HOLDING

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit to what may lie here."""
        limits = (self.max_quantity, self.max_weight, self.max_volume)
        return self.is_single_item or any(limit is not None for limit in limits)
