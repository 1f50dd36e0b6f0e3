from __future__ import annotations

from django.db import models
from django.db.models import Index, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound
from apps.engineering.models import BomLine


class WorkOrder(Document):
    """An order to make ``quantity`` of an item.

    Its components and operations are a snapshot of bill and routing taken at release: what is
    changed there later does not leak in. Closed means WIP is zero and nothing more is posted.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RELEASED = "released", _("Released")
        RUNNING = "running", _("Running")
        HELD = "held", _("Held")
        COMPLETED = "completed", _("Completed")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.RELEASED, Status.CANCELLED},
        Status.RELEASED: {Status.RUNNING, Status.HELD, Status.CANCELLED},
        Status.RUNNING: {Status.HELD, Status.COMPLETED, Status.RELEASED},
        Status.HELD: {Status.RUNNING, Status.RELEASED, Status.CANCELLED},
        Status.COMPLETED: {Status.RUNNING, Status.CLOSED},
        Status.CLOSED: {Status.COMPLETED},
        Status.CANCELLED: set(),
    }
    #: Statuses in which the floor may post to the order.
    OPEN_FOR_POSTING = (Status.RELEASED, Status.RUNNING, Status.COMPLETED)

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"))
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("site"))
    bom = CompanyForeignKey(
        "engineering.BillOfMaterials",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("bill of materials"),
    )
    routing = CompanyForeignKey(
        "engineering.Routing", related_name="+", null=True, blank=True, verbose_name=_("routing")
    )
    start_date = models.DateField(_("start date"))
    due_date = models.DateField(_("due date"))
    component_location = CompanyForeignKey(
        "inventory.Location", related_name="+", verbose_name=_("components from")
    )
    output_location = CompanyForeignKey(
        "inventory.Location", related_name="+", verbose_name=_("output to")
    )
    customer_reference = models.CharField(_("for"), max_length=100, blank=True)
    cost_object = models.OneToOneField(
        "finance.CostObject",
        on_delete=models.PROTECT,
        related_name="work_order",
        null=True,
        editable=False,
        verbose_name=_("cost object"),
    )
    released_at = models.DateTimeField(_("released at"), null=True, editable=False)
    completed_at = models.DateTimeField(_("completed at"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("work order")
        verbose_name_plural = _("work orders")
        constraints = [
            *Document.Meta.constraints,
            *positive("execution_workorder", "quantity"),
            *company_references(
                "execution_workorder",
                "item",
                "site",
                "bom",
                "routing",
                "component_location",
                "output_location",
            ),
        ]
        indexes = [Index(fields=["company", "status", "due_date"], name="execution_workorder_due")]
        permissions = [
            ("release_workorder", "Can release work orders"),
            ("hold_workorder", "Can hold and resume work orders"),
            ("close_workorder", "Can close and reopen work orders"),
            ("cancel_workorder", "Can cancel work orders"),
        ]


class WorkOrderOperation(CompanyBound):
    """A step of a work order: the routing's operation as it was at release. Times in minutes."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")

    work_order = CompanyForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="operations")
    sequence = models.PositiveIntegerField(_("sequence"))
    name = models.CharField(_("name"), max_length=100)
    work_centre = CompanyForeignKey(
        "masterdata.WorkCentre", related_name="+", verbose_name=_("work centre")
    )
    machine = CompanyForeignKey(
        "masterdata.Machine", related_name="+", null=True, blank=True, verbose_name=_("machine")
    )
    status = models.CharField(
        _("status"), max_length=8, choices=Status, default=Status.WAITING, editable=False
    )
    setup_minutes = QuantityField(_("set-up (min)"), default=0)
    run_minutes = QuantityField(_("run per unit (min)"), default=0)
    labour_factor = QuantityField(_("operators"), default=1)
    is_counted = models.BooleanField(_("machine counts report"), default=False)
    is_badged = models.BooleanField(_("labour by badge"), default=False)
    tool = CompanyForeignKey(
        "masterdata.Tool", related_name="+", null=True, blank=True, verbose_name=_("tool")
    )
    instruction_revision = CompanyForeignKey(
        "engineering.InstructionRevision",
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("work instruction"),
    )
    instructions = models.TextField(_("instructions"), blank=True)
    inspection = models.CharField(_("inspection"), max_length=200, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("work_order", "sequence")
        verbose_name = _("work order operation")
        verbose_name_plural = _("work order operations")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["work_order", "sequence"], name="execution_workorderoperation_sequence"
            ),
            *not_negative(
                "execution_workorderoperation", "setup_minutes", "run_minutes", "labour_factor"
            ),
            *company_references(
                "execution_workorderoperation",
                "work_order",
                "work_centre",
                "machine",
                "tool",
                "instruction_revision",
            ),
        ]
        permissions = [("run_workorderoperation", "Can start, pause and finish operations")]

    def __str__(self) -> str:
        return f"{self.work_order} / {self.sequence} {self.name}"


class WorkOrderComponent(CompanyBound):
    """A component as the bill had it at release; ``quantity`` is for the whole order."""

    IssueMethod = BomLine.IssueMethod

    work_order = CompanyForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="components")
    position = models.PositiveIntegerField(_("position"))
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("component"))
    quantity = QuantityField(_("quantity"))
    operation = CompanyForeignKey(
        WorkOrderOperation, related_name="components", null=True, verbose_name=_("operation")
    )
    issue_method = models.CharField(_("issue method"), max_length=10, choices=IssueMethod)

    class Meta(CompanyBound.Meta):
        ordering = ("work_order", "position", "id")
        verbose_name = _("work order component")
        verbose_name_plural = _("work order components")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("execution_workordercomponent", "quantity"),
            *company_references("execution_workordercomponent", "work_order", "item", "operation"),
        ]

    def __str__(self) -> str:
        return f"{self.work_order} / {self.position} {self.item.code}"
