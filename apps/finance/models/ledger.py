"""The general ledger. It holds posted entries only; drafts live in their documents' tables."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Func, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, LedgerAmountField
from apps.core.models import LedgerRow
from apps.core.models.base import CompanyBound


class JournalEntry(LedgerRow):
    """A balanced entry. Its ``source`` and ``purpose`` are unique: one event, one posting.

    The table also has ``tx xid8``: the transaction that posted it, so that no line joins later
    and folded balances know what they hold (``0002_guards``).
    """

    journal = CompanyForeignKey("finance.Journal", related_name="+", verbose_name=_("journal"))
    fiscal_year = CompanyForeignKey(
        "finance.FiscalYear", related_name="+", verbose_name=_("fiscal year")
    )
    period = CompanyForeignKey("finance.Period", related_name="+", verbose_name=_("period"))
    sequence_number = models.BigIntegerField(_("sequence number"))
    number = models.CharField(_("number"), max_length=40)
    date = models.DateField(_("date"))
    description = models.CharField(_("description"), max_length=200, blank=True)
    purpose = models.CharField(_("purpose"), max_length=30, blank=True)
    reverses = CompanyForeignKey(
        "self", related_name="reversals", null=True, blank=True, verbose_name=_("reverses")
    )

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(
                fields=["journal", "fiscal_year", "sequence_number"],
                name="finance_journalentry_sequence",
            ),
            UniqueConstraint(
                fields=["source_type", "source_id", "purpose"], name="finance_journalentry_once"
            ),
            UniqueConstraint(fields=["reverses"], name="finance_journalentry_reversed_once"),
            *company_references(
                "finance_journalentry", "journal", "fiscal_year", "period", "reverses"
            ),
        ]
        indexes = [Index(fields=["company", "date", "id"], name="finance_journalentry_date")]
        permissions = [("export_auditfile", "Can export audit files")]

    def __str__(self) -> str:
        return self.number


class JournalLine(CompanyBound):
    """One signed amount on one account: a debit above zero, a credit below.

    ``amount`` is in the company's currency, ``amount_currency`` in ``currency``. The rest are
    dimensions: what the amount is about.
    """

    IS_REGISTER = True

    entry = CompanyForeignKey(JournalEntry, related_name="lines", verbose_name=_("entry"))
    period = models.ForeignKey(
        "finance.Period",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("period"),
    )
    date = models.DateField(_("date"))
    account = CompanyForeignKey(
        "finance.Account", related_name="+", db_index=False, verbose_name=_("account")
    )
    amount = LedgerAmountField(_("amount"))
    currency = models.ForeignKey(
        "core.Currency",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("currency"),
    )
    amount_currency = LedgerAmountField(_("amount in currency"))
    quantity = LedgerAmountField(_("quantity"), null=True)
    memo = models.CharField(_("memo"), max_length=200, blank=True)
    site = CompanyForeignKey(
        "core.Site", related_name="+", null=True, db_index=False, verbose_name=_("site")
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject",
        related_name="+",
        null=True,
        db_index=False,
        verbose_name=_("cost object"),
    )
    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, db_index=False, verbose_name=_("partner")
    )
    item = CompanyForeignKey(
        "masterdata.Item", related_name="+", null=True, db_index=False, verbose_name=_("item")
    )
    work_centre = CompanyForeignKey(
        "masterdata.WorkCentre",
        related_name="+",
        null=True,
        db_index=False,
        verbose_name=_("work centre"),
    )
    machine = CompanyForeignKey(
        "masterdata.Machine", related_name="+", null=True, db_index=False, verbose_name=_("machine")
    )
    shift = CompanyForeignKey(
        "masterdata.Shift", related_name="+", null=True, db_index=False, verbose_name=_("shift")
    )
    reason = CompanyForeignKey(
        "masterdata.ReasonCode",
        related_name="+",
        null=True,
        db_index=False,
        verbose_name=_("reason"),
    )

    class Meta:
        ordering = ("id",)
        verbose_name = _("journal line")
        verbose_name_plural = _("journal lines")
        constraints = [
            models.CheckConstraint(
                condition=~Q(amount=0) & Q(amount__gt=-(10**16), amount__lt=10**16),
                name="finance_journalline_amount_range",
            ),
            models.CheckConstraint(
                condition=Q(
                    Q(amount=Func(F("amount"), 4, function="round")),
                    Q(amount_currency=Func(F("amount_currency"), 4, function="round")),
                ),
                name="finance_journalline_amount_scale",
            ),
            *company_references(
                "finance_journalline",
                "entry",
                "account",
                "site",
                "cost_object",
                "partner",
                "item",
                "work_centre",
                "machine",
                "shift",
                "reason",
            ),
        ]
        indexes = [
            Index(fields=["account", "date", "id"], name="finance_journalline_account"),
            Index(
                fields=["cost_object", "account"],
                include=["amount"],
                condition=Q(cost_object__isnull=False),
                name="finance_journalline_cost",
            ),
            Index(
                fields=["partner", "account"],
                include=["amount"],
                condition=Q(partner__isnull=False),
                name="finance_journalline_partner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.amount}"

    @property
    def debit(self) -> Decimal | None:
        return self.amount if self.amount > 0 else None

    @property
    def credit(self) -> Decimal | None:
        return -self.amount if self.amount < 0 else None


class LedgerSeal(CompanyBound):
    """One link of the hash chain over a journal's entries of a year, in number order.

    ``content_hash`` covers every column of the entry and its lines, ``chain_hash`` that and the
    link before. Written by a job outside the posting path.
    """

    IS_REGISTER = True

    entry = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, related_name="seal", verbose_name=_("entry")
    )
    journal = CompanyForeignKey("finance.Journal", related_name="+", db_index=False)
    fiscal_year = CompanyForeignKey("finance.FiscalYear", related_name="+", db_index=False)
    sequence_number = models.BigIntegerField(_("sequence number"))
    content_hash = models.BinaryField(_("content hash"))
    chain_hash = models.BinaryField(_("chain hash"))
    sealed_at = models.DateTimeField(_("sealed at"), auto_now_add=True)

    class Meta:
        verbose_name = _("ledger seal")
        verbose_name_plural = _("ledger seals")
        constraints = [
            UniqueConstraint(
                fields=["journal", "fiscal_year", "sequence_number"],
                name="finance_ledgerseal_sequence",
            ),
            *company_references("finance_ledgerseal", "journal", "fiscal_year"),
        ]

    def __str__(self) -> str:
        return f"{self.entry} {bytes(self.chain_hash).hex()[:12]}"
