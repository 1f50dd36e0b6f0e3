from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound
from apps.engineering.models.effectivity import Effective, one_in_force
from apps.engineering.models.status import DESIGN_TRANSITIONS, DesignStatus


class Routing(Effective, Document):
    """How one revision of an item is made: operations in sequence; one released on any day."""

    Status = DesignStatus
    TRANSITIONS = DESIGN_TRANSITIONS

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    item = CompanyForeignKey("masterdata.Item", related_name="routings", verbose_name=_("item"))
    revision = models.CharField(_("revision"), max_length=10, default="A")
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("routing")
        verbose_name_plural = _("routings")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(fields=["item", "revision"], name="engineering_routing_revision"),
            *one_in_force("engineering_routing", "item"),
            *company_references("engineering_routing", "item"),
        ]
        permissions = [("release_routing", "Can release routings")]

    def __str__(self) -> str:
        return f"{self.item.code} rev {self.revision}"


class RoutingOperation(CompanyBound):
    """One step at a work centre. Times in minutes: set-up per order, run per stock unit.

    ``labour_factor`` is how many operators the time takes (0.5: one for two machines).
    """

    routing = CompanyForeignKey(Routing, on_delete=models.CASCADE, related_name="operations")
    sequence = models.PositiveIntegerField(_("sequence"), default=10)
    name = models.CharField(_("name"), max_length=100)
    work_centre = CompanyForeignKey(
        "masterdata.WorkCentre", related_name="+", verbose_name=_("work centre")
    )
    setup_minutes = QuantityField(_("set-up (min)"), default=0)
    run_minutes = QuantityField(_("run per unit (min)"), default=0)
    labour_factor = QuantityField(_("operators"), default=1)
    is_counted = models.BooleanField(
        _("machine counts report"),
        default=False,
        help_text=_("Counts of the machine become production reports."),
    )
    tool = CompanyForeignKey(
        "masterdata.Tool",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("tool"),
        help_text=_("Must be on the machine before it is started."),
    )
    instruction = CompanyForeignKey(
        "engineering.WorkInstruction",
        related_name="operations",
        null=True,
        blank=True,
        verbose_name=_("work instruction"),
        help_text=_("Orders take the revision that is in force when they start."),
    )
    instructions = models.TextField(_("instructions"), blank=True)
    inspection = models.CharField(_("inspection"), max_length=200, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("routing", "sequence")
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["routing", "sequence"], name="engineering_routingoperation_sequence"
            ),
            *not_negative(
                "engineering_routingoperation", "setup_minutes", "run_minutes", "labour_factor"
            ),
            *company_references(
                "engineering_routingoperation", "routing", "work_centre", "tool", "instruction"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.name}"
