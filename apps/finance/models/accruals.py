"""Accruals and deferrals: what belongs to months other than that of its paper."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, LedgerAmountField, MoneyField
from apps.core.models import Document
from apps.core.models.base import CompanyBound, LedgerRow


class AccrualSchedule(Document):
    """An amount of cost or revenue, spread over the months it belongs to.

    Deferred: it stands on ``balance_account`` and goes to ``result_account`` month by month.
    Accrued: each month's end shows what came up so far, and the day after takes it back, until
    the paper comes.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Running")
        DONE = "done", _("Wholly posted")
        CANCELLED = "cancelled", _("Cancelled")

    class Kind(models.TextChoices):
        DEFERRED_EXPENSE = "deferred_expense", _("Prepaid expense")
        DEFERRED_REVENUE = "deferred_revenue", _("Deferred revenue")
        ACCRUED_EXPENSE = "accrued_expense", _("Accrued expense")
        ACCRUED_REVENUE = "accrued_revenue", _("Accrued revenue")

    class Method(models.TextChoices):
        DAY = "day", _("By day")
        MONTH = "month", _("By month")
        OWN = "own", _("Own amounts")

    TRANSITIONS = {
        Status.DRAFT: {Status.ACTIVE, Status.CANCELLED},
        Status.ACTIVE: {Status.DONE, Status.CANCELLED},
        Status.DONE: {Status.ACTIVE},
        Status.CANCELLED: set(),
    }
    #: Kinds that are posted at the month's end and taken back the day after.
    ACCRUED = (Kind.ACCRUED_EXPENSE, Kind.ACCRUED_REVENUE)
    EXPENSES = (Kind.DEFERRED_EXPENSE, Kind.ACCRUED_EXPENSE)

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    description = models.CharField(_("description"), max_length=200)
    amount = MoneyField(_("amount"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    method = models.CharField(_("spread"), max_length=5, choices=Method, default=Method.MONTH)
    balance_account = CompanyForeignKey(
        "finance.Account", related_name="+", verbose_name=_("balance sheet account")
    )
    result_account = CompanyForeignKey(
        "finance.Account", related_name="+", verbose_name=_("account of cost or revenue")
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", null=True, blank=True, verbose_name=_("cost object")
    )
    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("partner")
    )
    invoice_line = CompanyForeignKey(
        "finance.InvoiceLine",
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("invoice line"),
    )

    class Meta(Document.Meta):
        verbose_name = _("accrual or deferral")
        verbose_name_plural = _("accruals and deferrals")
        constraints = [
            *Document.Meta.constraints,
            # all of it may be credited
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="finance_accrualschedule_amount_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="finance_accrualschedule_span"
            ),
            models.CheckConstraint(
                condition=~Q(balance_account=F("result_account")),
                name="finance_accrualschedule_two_accounts",
            ),
            UniqueConstraint(
                fields=["invoice_line"],
                condition=~Q(status="cancelled"),
                name="finance_accrualschedule_line_once",
            ),
            *company_references(
                "finance_accrualschedule",
                "balance_account",
                "result_account",
                "cost_object",
                "partner",
                "invoice_line",
            ),
        ]
        permissions = [("post_accrualschedule", "Can start and post accruals and deferrals")]

    def __str__(self) -> str:
        return f"{self.number} {self.description}"

    @property
    def is_accrued(self) -> bool:
        return self.kind in self.ACCRUED


class AccrualPart(CompanyBound):
    """What a schedule has for one month, maybe nothing; ``date`` is its last day."""

    schedule = CompanyForeignKey(
        AccrualSchedule,
        on_delete=models.CASCADE,
        related_name="parts",
        verbose_name=_("accrual or deferral"),
    )
    date = models.DateField(_("month's end"))
    amount = MoneyField(_("amount"))

    class Meta(CompanyBound.Meta):
        ordering = ("schedule", "date")
        verbose_name = _("part of a schedule")
        verbose_name_plural = _("parts of schedules")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["schedule", "date"], name="finance_accrualpart_month"),
            *company_references("finance_accrualpart", "schedule"),
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.amount}"


class AccrualPosting(Document):
    """A part that was posted. ``amount``: of the part, or of an accrual all that came up so far."""

    class Status(models.TextChoices):
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")

    TRANSITIONS = {Status.POSTED: {Status.REVERSED}, Status.REVERSED: set()}

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.POSTED, editable=False
    )
    part = CompanyForeignKey(AccrualPart, related_name="postings", verbose_name=_("part"))
    date = models.DateField(_("date"))
    amount = LedgerAmountField(_("amount"))
    entry = CompanyForeignKey(
        "finance.JournalEntry", related_name="+", null=True, editable=False, verbose_name=_("entry")
    )

    class Meta(Document.Meta):
        verbose_name = _("posted part")
        verbose_name_plural = _("posted parts")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["part"],
                condition=Q(status="posted"),
                name="finance_accrualposting_once",
            ),
            *company_references("finance_accrualposting", "part", "entry"),
        ]
        permissions = [("reverse_accrualposting", "Can reverse posted parts")]


class AccrualCredit(LedgerRow):
    """What a credit note over its invoice's line changed of a schedule; ``source`` is its line.

    ``deferred`` left the months that were still to come, ``earned`` is the share of those that were
    posted. A note that is reversed has both once more, below zero.
    """

    schedule = CompanyForeignKey(
        AccrualSchedule, related_name="credits", verbose_name=_("accrual or deferral")
    )
    date = models.DateField(_("date"))
    deferred = LedgerAmountField(_("of months to come"))
    earned = LedgerAmountField(_("of posted months"))

    class Meta(LedgerRow.Meta):
        ordering = ("id",)
        verbose_name = _("credit of a schedule")
        verbose_name_plural = _("credits of schedules")
        constraints = [
            *LedgerRow.Meta.constraints,
            *company_references("finance_accrualcredit", "schedule"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} {self.date}: {self.deferred + self.earned}"
