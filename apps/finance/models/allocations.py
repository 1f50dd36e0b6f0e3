"""Cost allocation: who sends cost to whom, by which key, and the runs that posted it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, LedgerAmountField, QuantityField
from apps.core.models import AuditedModel, Document, MasterData
from apps.core.models.base import CompanyBound


class StatisticalKey(MasterData):
    """What cost is shared by beside money: square metres, heads, hours.

    Hours are summed over a period (``is_summed``); of square metres the newest value stands.
    """

    unit = models.CharField(_("unit"), max_length=20, blank=True)
    is_summed = models.BooleanField(_("summed over the period"), default=False)

    class Meta(MasterData.Meta):
        verbose_name = _("statistical key")
        verbose_name_plural = _("statistical keys")


class StatisticalValue(CompanyBound, AuditedModel):
    """The value of a key for a cost object on a day."""

    key = CompanyForeignKey(
        StatisticalKey,
        on_delete=models.CASCADE,
        related_name="values",
        verbose_name=_("statistical key"),
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", verbose_name=_("cost object")
    )
    date = models.DateField(_("date"))
    value = QuantityField(_("value"))

    class Meta(CompanyBound.Meta):
        ordering = ("key", "cost_object", "date")
        verbose_name = _("statistical value")
        verbose_name_plural = _("statistical values")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["key", "cost_object", "date"], name="finance_statisticalvalue_day"
            ),
            *not_negative("finance_statisticalvalue", "value"),
            *company_references("finance_statisticalvalue", "key", "cost_object"),
        ]

    def __str__(self) -> str:
        return f"{self.key.code} {self.cost_object.code} {self.date}"


class AllocationCycle(MasterData):
    """Cost objects that send their cost on, together, on one account.

    Direct: to those that send nothing. Step-down: to those and to later senders, in the order of
    positions. Reciprocal: to all of them, each sender's cost being what it has and what it gets.
    """

    class Method(models.TextChoices):
        DIRECT = "direct", _("Direct")
        STEP_DOWN = "step_down", _("Step-down")
        RECIPROCAL = "reciprocal", _("Reciprocal")

    method = models.CharField(_("method"), max_length=10, choices=Method, default=Method.STEP_DOWN)
    account = CompanyForeignKey(
        "finance.Account", related_name="+", verbose_name=_("account of allocated cost")
    )

    class Meta(MasterData.Meta):
        verbose_name = _("allocation cycle")
        verbose_name_plural = _("allocation cycles")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("finance_allocationcycle", "account"),
        ]


class AllocationSender(CompanyBound, AuditedModel):
    """A cost object that sends its cost of the month on, on all accounts or on one."""

    class Basis(models.TextChoices):
        SHARE = "share", _("Fixed shares")
        KEY = "key", _("Statistical key")
        POSTED = "posted", _("Posted amounts")

    cycle = CompanyForeignKey(
        AllocationCycle,
        on_delete=models.CASCADE,
        related_name="senders",
        verbose_name=_("allocation cycle"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", verbose_name=_("sender")
    )
    account = CompanyForeignKey(
        "finance.Account",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("account"),
        help_text=_("Empty: all accounts of cost and revenue."),
    )
    basis = models.CharField(_("shared by"), max_length=6, choices=Basis, default=Basis.SHARE)
    key = CompanyForeignKey(
        StatisticalKey,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("statistical key"),
    )
    basis_account = CompanyForeignKey(
        "finance.Account",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("account of the posted amounts"),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(CompanyBound.Meta):
        ordering = ("cycle", "position", "id")
        verbose_name = _("sender of cost")
        verbose_name_plural = _("senders of cost")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["cycle", "cost_object"], name="finance_allocationsender_once"),
            models.CheckConstraint(
                condition=~Q(basis="key") | Q(key__isnull=False),
                name="finance_allocationsender_key",
            ),
            models.CheckConstraint(
                condition=~Q(basis="posted") | Q(basis_account__isnull=False),
                name="finance_allocationsender_basis_account",
            ),
            *company_references(
                "finance_allocationsender",
                "cycle",
                "cost_object",
                "account",
                "key",
                "basis_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle.code} {self.cost_object.code}"


class AllocationReceiver(CompanyBound, AuditedModel):
    """A cost object that gets cost of a sender; ``share`` counts for fixed shares, else any."""

    sender = CompanyForeignKey(
        AllocationSender,
        on_delete=models.CASCADE,
        related_name="receivers",
        verbose_name=_("sender"),
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", verbose_name=_("receiver")
    )
    share = QuantityField(_("share"), default=1, help_text=_("Zero: it gets nothing."))

    class Meta(CompanyBound.Meta):
        ordering = ("sender", "id")
        verbose_name = _("receiver of cost")
        verbose_name_plural = _("receivers of cost")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["sender", "cost_object"], name="finance_allocationreceiver_once"
            ),
            *not_negative("finance_allocationreceiver", "share"),
            *company_references("finance_allocationreceiver", "sender", "cost_object"),
        ]

    def __str__(self) -> str:
        return f"{self.cost_object.code}: {self.share}"


class AllocationRun(Document):
    """A cycle in one month: proposed, then posted, then perhaps reversed."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.PROPOSED: {Status.POSTED, Status.CANCELLED},
        Status.POSTED: {Status.REVERSED},
        Status.REVERSED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.PROPOSED, editable=False
    )
    cycle = CompanyForeignKey(
        AllocationCycle, related_name="runs", verbose_name=_("allocation cycle")
    )
    period = CompanyForeignKey("finance.Period", related_name="+", verbose_name=_("period"))
    total = LedgerAmountField(_("sent"), default=0, editable=False)
    entry = CompanyForeignKey(
        "finance.JournalEntry", related_name="+", null=True, editable=False, verbose_name=_("entry")
    )

    class Meta(Document.Meta):
        verbose_name = _("allocation run")
        verbose_name_plural = _("allocation runs")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["cycle", "period"],
                condition=Q(status__in=("proposed", "posted")),
                name="finance_allocationrun_once",
            ),
            *company_references("finance_allocationrun", "cycle", "period", "entry"),
        ]
        permissions = [
            ("post_allocationrun", "Can post allocation runs"),
            ("reverse_allocationrun", "Can reverse allocation runs"),
        ]


class AllocationLine(CompanyBound):
    """What goes from one cost object to another in a run."""

    run = CompanyForeignKey(
        AllocationRun,
        on_delete=models.CASCADE,
        related_name="lines",
        verbose_name=_("allocation run"),
    )
    sender = CompanyForeignKey("finance.CostObject", related_name="+", verbose_name=_("sender"))
    receiver = CompanyForeignKey("finance.CostObject", related_name="+", verbose_name=_("receiver"))
    amount = LedgerAmountField(_("amount"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("allocation line")
        verbose_name_plural = _("allocation lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["run", "sender", "receiver"], name="finance_allocationline_pair"
            ),
            models.CheckConstraint(
                condition=~Q(sender=F("receiver")), name="finance_allocationline_two"
            ),
            *company_references("finance_allocationline", "run", "sender", "receiver"),
        ]

    def __str__(self) -> str:
        return f"{self.sender.code} → {self.receiver.code}: {self.amount}"
