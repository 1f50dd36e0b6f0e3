from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models.base import ScopedQuerySet
from apps.planning.models.planning_runs import PlanningRun


class PlanRow(models.Model):
    """A row of the plan. Hundreds of thousands are written at once and replaced by the next run,
    so none of their references is checked row by row; ``reconcile`` checks them all together.
    """

    company = models.ForeignKey(
        "core.Company",
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("company"),
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True


class PlannedItem(PlanRow):
    """What the plan started from for one item at one site, and its pegs: who serves whom.

    Written by the run, never edited. The pegs lie side by side in arrays, in the order of service:
    kinds as in ``SUPPLIES`` and ``DEMANDS``, ids of planned orders, expected moves or forecasts,
    days since 2000-01-01 (-1: none), millionths of stock units. ``Pegging`` shows them as rows.
    """

    SUPPLIES = ("stock", "expected", "planned", "none")
    DEMANDS = ("expected", "forecast", "dependent", "stock")

    run = CompanyForeignKey(
        PlanningRun, on_delete=models.CASCADE, related_name="items", verbose_name=_("run")
    )
    item = CompanyForeignKey(
        "masterdata.Item", related_name="+", db_index=False, verbose_name=_("item")
    )
    site = CompanyForeignKey("core.Site", related_name="+", db_index=False, verbose_name=_("site"))
    low_level_code = models.PositiveSmallIntegerField(_("low-level code"))
    on_hand = QuantityField(_("on hand"))
    safety_stock = QuantityField(_("safety stock"))
    peg_supply = ArrayField(models.SmallIntegerField(), default=list, editable=False)
    peg_supply_id = ArrayField(models.BigIntegerField(), default=list, editable=False)
    peg_demand = ArrayField(models.SmallIntegerField(), default=list, editable=False)
    peg_demand_id = ArrayField(models.BigIntegerField(), default=list, editable=False)
    peg_day = ArrayField(models.IntegerField(), default=list, editable=False)
    peg_quantity = ArrayField(models.BigIntegerField(), default=list, editable=False)

    class Meta:
        ordering = ("item", "site")
        verbose_name = _("planned item")
        verbose_name_plural = _("planned items")
        indexes = [Index(fields=["item", "site"], name="planning_planneditem_item")]

    def __str__(self) -> str:
        return f"{self.item.code} @ {self.site.code}"


class PlannedOrder(PlanRow):
    """What the plan says to make, buy or move. ``quantity`` is what to start, ``quantity_good``
    what is left of it after scrap. Each run replaces those of the last, except firm ones.
    """

    class Kind(models.TextChoices):
        MAKE = "make", _("Make")
        BUY = "buy", _("Buy")
        TRANSFER = "transfer", _("Transfer")

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        FIRM = "firm", _("Firm")
        ORDERED = "ordered", _("Ordered")

    run = CompanyForeignKey(
        PlanningRun, related_name="orders", db_index=False, verbose_name=_("run")
    )
    item = CompanyForeignKey(
        "masterdata.Item", related_name="+", db_index=False, verbose_name=_("item")
    )
    site = CompanyForeignKey("core.Site", related_name="+", db_index=False, verbose_name=_("site"))
    source_site = CompanyForeignKey(
        "core.Site", related_name="+", db_index=False, null=True, verbose_name=_("from site")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    status = models.CharField(
        _("status"), max_length=7, choices=Status, default=Status.PLANNED, editable=False
    )
    quantity = QuantityField(_("quantity"))
    quantity_good = QuantityField(_("good quantity"))
    start_date = models.DateField(_("start date"))
    due_date = models.DateField(_("due date"))
    need_date = models.DateField(_("needed on"))
    schedule_line = CompanyForeignKey(
        "planning.MasterScheduleLine",
        related_name="+",
        db_index=False,
        null=True,
        editable=False,
        verbose_name=_("master schedule line"),
    )
    work_order = CompanyForeignKey(
        "execution.WorkOrder",
        related_name="+",
        db_index=False,
        null=True,
        editable=False,
        verbose_name=_("work order"),
    )
    purchase_order = CompanyForeignKey(
        "supply_chain.PurchaseOrder",
        related_name="+",
        db_index=False,
        null=True,
        editable=False,
        verbose_name=_("purchase order"),
    )
    stock_document = CompanyForeignKey(
        "inventory.StockDocument",
        related_name="+",
        db_index=False,
        null=True,
        editable=False,
        verbose_name=_("stock document"),
    )
    changed_by = models.ForeignKey(
        "core.User",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        null=True,
        editable=False,
        verbose_name=_("changed by"),
    )
    changed_at = models.DateTimeField(_("changed at"), null=True, editable=False)
    change_reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        ordering = ("start_date", "id")
        verbose_name = _("planned order")
        verbose_name_plural = _("planned orders")
        constraints = [
            *positive("planning_plannedorder", "quantity", "quantity_good"),
            models.CheckConstraint(
                condition=Q(due_date__gte=F("start_date")),
                name="planning_plannedorder_due_after_start",
            ),
        ]
        indexes = [
            # The rows of an item are written together: a few pages each, at hardly any cost.
            BrinIndex(fields=["item"], name="planning_plannedorder_item", pages_per_range=8),
            Index(
                fields=["company", "status"],
                condition=~Q(status="planned"),
                name="planning_plannedorder_firm",
            ),
        ]
        permissions = [("firm_plannedorder", "Can firm planned orders and order them")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity.normalize():f} {self.item.code}"


class Pegging(PlanRow):
    """``quantity`` of one supply that serves one demand; a view of what ``PlannedItem`` keeps.

    A dependent demand is what all orders of the parents ask of the item on one day; which orders
    these are follows from their start dates and the bills (``queries.pegging``).
    """

    class Supply(models.TextChoices):
        STOCK = "stock", _("On hand")
        EXPECTED = "expected", _("On order")
        PLANNED = "planned", _("Planned order")
        NONE = "none", _("Nothing")

    class Demand(models.TextChoices):
        EXPECTED = "expected", _("Order")
        FORECAST = "forecast", _("Forecast")
        DEPENDENT = "dependent", _("Planned orders above")
        STOCK = "stock", _("Safety stock or rest of the lot")

    run = CompanyForeignKey(PlanningRun, models.DO_NOTHING, related_name="+")
    item = CompanyForeignKey("masterdata.Item", models.DO_NOTHING, related_name="+")
    site = CompanyForeignKey("core.Site", models.DO_NOTHING, related_name="+")
    supply = models.CharField(_("supply"), max_length=8, choices=Supply)
    planned_order = CompanyForeignKey(
        PlannedOrder, models.DO_NOTHING, related_name="pegs", null=True
    )
    supply_move = CompanyForeignKey(
        "inventory.ExpectedMove", models.DO_NOTHING, related_name="+", null=True
    )
    demand = models.CharField(_("demand"), max_length=9, choices=Demand)
    demand_move = CompanyForeignKey(
        "inventory.ExpectedMove", models.DO_NOTHING, related_name="+", null=True
    )
    demand_forecast = CompanyForeignKey(
        "planning.Forecast", models.DO_NOTHING, related_name="+", null=True
    )
    demand_date = models.DateField(_("wanted on"), null=True)
    quantity = QuantityField(_("quantity"))

    class Meta:
        managed = False
        db_table = "planning_pegging"
        ordering = ("id",)
        verbose_name = _("pegging")
        verbose_name_plural = _("pegging")

    def __str__(self) -> str:
        return f"{self.get_supply_display()} → {self.get_demand_display()}"
