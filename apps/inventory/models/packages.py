from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import QuantityField
from apps.core.models import Document, MasterData
from apps.core.models.base import ScopedQuerySet


class SsccSeries(MasterData):
    """Where the company's own SSCCs come from: its GS1 company prefix and an extension digit.

    The serial reference counts without gaps; together with the check digit they are 18 digits.
    """

    gs1_prefix = models.CharField(
        _("GS1 company prefix"), max_length=12, help_text=_("4 to 12 digits.")
    )
    extension_digit = models.PositiveSmallIntegerField(_("extension digit"), default=0)

    class Meta(MasterData.Meta):
        verbose_name = _("SSCC series")
        verbose_name_plural = _("SSCC series")
        constraints = [
            *MasterData.Meta.constraints,
            UniqueConstraint(
                fields=["company", "gs1_prefix", "extension_digit"],
                name="inventory_ssccseries_prefix",
            ),
            models.CheckConstraint(
                condition=Q(gs1_prefix__regex=r"^[0-9]{4,12}$"),
                name="inventory_ssccseries_digits",
            ),
            models.CheckConstraint(
                condition=Q(extension_digit__lte=9), name="inventory_ssccseries_extension"
            ),
        ]


class PackageQuerySet(ScopedQuerySet):
    """Packages are seen by who sees the site where they stand."""

    def visible_to(self, user: Any) -> Self:
        rows = super().visible_to(user)
        if user.sees_everything or user.scope.site_ids is None:
            return rows
        return rows.filter(location__site_id__in=user.scope.site_ids)


class Package(Document):
    """A licence plate: goods that are handled as one. It is a place: ``location`` is its inside.

    What it contains are the balances at that place; what it stands in, a bin or an outer package,
    is that place's parent. A closed one is sealed: goods go neither in nor out, it moves whole.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")
        SHIPPED = "shipped", _("Shipped")
        UNPACKED = "unpacked", _("Unpacked")

    class Kind(models.TextChoices):
        CARTON = "carton", _("Carton")
        PALLET = "pallet", _("Pallet")
        TOTE = "tote", _("Tote")
        CRATE = "crate", _("Crate")
        DRUM = "drum", _("Drum")
        OTHER = "other", _("Other")

    TRANSITIONS = {
        Status.OPEN: {Status.CLOSED, Status.UNPACKED},
        Status.CLOSED: {Status.OPEN, Status.SHIPPED, Status.UNPACKED},
        Status.SHIPPED: {Status.CLOSED},
        Status.UNPACKED: set(),
    }
    #: Those that stand somewhere.
    HERE = frozenset({Status.OPEN, Status.CLOSED})
    #: How many packages may stand in one another.
    DEEPEST = 4

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.OPEN, editable=False
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.CARTON)
    sscc = models.CharField(_("SSCC"), max_length=18, blank=True)
    location = models.OneToOneField(
        "inventory.Location",
        on_delete=models.PROTECT,
        related_name="package",
        db_constraint=False,
        editable=False,
        verbose_name=_("place"),
    )
    gross_weight = QuantityField(_("gross weight (kg)"), null=True, blank=True)
    tare_weight = QuantityField(_("tare weight (kg)"), null=True, blank=True)

    objects: ClassVar[Any] = PackageQuerySet.as_manager()

    class Meta(Document.Meta):
        verbose_name = _("package")
        verbose_name_plural = _("packages")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["company", "sscc"], condition=~Q(sscc=""), name="inventory_package_sscc"
            ),
            models.CheckConstraint(
                condition=Q(sscc="") | Q(sscc__regex=r"^[0-9]{18}$"),
                name="inventory_package_sscc_digits",
            ),
            *positive("inventory_package", "gross_weight", "tare_weight"),
            *company_references("inventory_package", "location"),
        ]
        permissions = [("pack_package", "Can pack, move and unpack packages")]

    @property
    def plate(self) -> str:
        """What is on its label: the SSCC, or its number where it has none."""
        return self.sscc or self.number
