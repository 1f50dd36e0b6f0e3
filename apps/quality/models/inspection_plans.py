from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound
from apps.quality.sampling import AQLS, LEVELS

AQL_STEPS = ", ".join(f"{aql.normalize():f}" for aql in AQLS)


class InspectionPlan(Document):
    """What to inspect of an item (or of a category), where, and how many.

    A released plan never changes: the next revision, a row of its own with the same number,
    takes its place.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RELEASED = "released", _("Released")
        OBSOLETE = "obsolete", _("Obsolete")

    class Stage(models.TextChoices):
        RECEIPT = "receipt", _("Goods receipt")
        OPERATION = "operation", _("Operation")
        FINAL = "final", _("Final inspection")

    class Sampling(models.TextChoices):
        ALL = "all", _("Every unit")
        FIXED = "fixed", _("Fixed number")
        AQL = "aql", _("AQL (ISO 2859-1)")

    TRANSITIONS = {
        Status.DRAFT: {Status.RELEASED, Status.OBSOLETE},
        Status.RELEASED: {Status.OBSOLETE},
        Status.OBSOLETE: set(),
    }
    LEVELS = [(level, level) for level in LEVELS]

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    name = models.CharField(_("name"), max_length=100)
    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.RECEIPT)
    item = CompanyForeignKey(
        "masterdata.Item", related_name="+", null=True, blank=True, verbose_name=_("item")
    )
    category = CompanyForeignKey(
        "masterdata.ItemCategory",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("item category"),
    )
    partner = CompanyForeignKey(
        "masterdata.Partner",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("only from supplier"),
    )
    operation_sequence = models.PositiveIntegerField(
        _("operation (sequence)"), null=True, blank=True
    )
    sampling = models.CharField(_("sampling"), max_length=6, choices=Sampling, default=Sampling.ALL)
    sample_size = models.PositiveIntegerField(_("fixed number"), null=True, blank=True)
    level = models.CharField(
        _("inspection level"), max_length=4, choices=LEVELS, default="II", blank=True
    )
    aql = models.DecimalField(
        _("AQL"),
        max_digits=7,
        decimal_places=3,
        null=True,
        blank=True,
        help_text=_("One of {steps}.").format(steps=AQL_STEPS),
    )
    may_reduce = models.BooleanField(
        _("reduced inspection allowed"),
        default=False,
        help_text=_("After a switching score of 30 samples become smaller."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("inspection plan")
        verbose_name_plural = _("inspection plans")
        constraints = [
            Document.Meta.constraints[0],  # a number has several revisions
            UniqueConstraint(
                fields=["company", "number", "revision"], name="quality_inspectionplan_revision"
            ),
            UniqueConstraint(
                fields=[
                    "company", "stage", "item", "category", "partner", "operation_sequence",
                ],
                condition=Q(status="released"),
                nulls_distinct=False,
                name="quality_inspectionplan_one_released",
            ),
            models.CheckConstraint(
                condition=Q(item__isnull=True) ^ Q(category__isnull=True),
                name="quality_inspectionplan_item_or_category",
            ),
            models.CheckConstraint(
                condition=~Q(sampling="aql") | Q(aql__isnull=False),
                name="quality_inspectionplan_aql_given",
            ),
            models.CheckConstraint(
                condition=~Q(sampling="fixed") | Q(sample_size__gt=0),
                name="quality_inspectionplan_size_given",
            ),
            *company_references("quality_inspectionplan", "item", "category", "partner"),
        ]  # fmt: skip
        permissions = [("release_inspectionplan", "Can release inspection plans")]

    def __str__(self) -> str:
        return f"{self.number} rev {self.revision}"


class InspectionPlanLine(CompanyBound):
    """A characteristic with its limits: a value conforms between ``lower`` and ``upper``.

    For a number of defects ``upper`` is how many a unit may have (none when empty).
    """

    plan = CompanyForeignKey(InspectionPlan, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("position"), default=10)
    characteristic = CompanyForeignKey(
        "quality.Characteristic", related_name="+", verbose_name=_("characteristic")
    )
    nominal = QuantityField(_("nominal"), null=True, blank=True)
    lower = QuantityField(_("lower limit"), null=True, blank=True)
    upper = QuantityField(_("upper limit"), null=True, blank=True)
    needs_gauge = models.BooleanField(_("gauge required"), default=False)
    instructions = models.CharField(_("instructions"), max_length=200, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("plan", "position")
        verbose_name = _("inspection plan line")
        verbose_name_plural = _("inspection plan lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["plan", "characteristic"], name="quality_inspectionplanline_once"
            ),
            models.CheckConstraint(
                condition=Q(lower__isnull=True) | Q(upper__isnull=True) | Q(lower__lte=F("upper")),
                name="quality_inspectionplanline_limits",
            ),
            *company_references("quality_inspectionplanline", "plan", "characteristic"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.characteristic}"

    def takes(self, value: Decimal) -> bool:
        """Whether a measured value or a number of defects conforms."""
        upper = self.upper
        if self.characteristic.kind == "count" and upper is None:
            upper = Decimal(0)
        return (self.lower is None or value >= self.lower) and (upper is None or value <= upper)
