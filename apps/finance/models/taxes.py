from __future__ import annotations

from django.db import models
from django.db.models import F, Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, LedgerAmountField, MoneyField, QuantityField
from apps.core.models import AuditedModel, Document, LedgerRow, MasterData
from apps.core.models.base import CompanyBound


class TaxCode(MasterData):
    """A tax rate in percent, how it is charged, and the accounts its amounts go to.

    ``sales_account`` holds what is due to the authority, ``purchase_account`` what may be
    deducted or claimed back.
    """

    class Treatment(models.TextChoices):
        NORMAL = "normal", _("Charged on top")
        REVERSE_CHARGE = "reverse_charge", _("Reverse charge")
        WITHHELD = "withheld", _("Withheld from the payment")

    class Category(models.TextChoices):
        """UNCL5305 as EN 16931 uses it."""

        STANDARD = "S", _("S Standard or reduced rate")
        ZERO = "Z", _("Z Zero rated")
        EXEMPT = "E", _("E Exempt")
        REVERSE_CHARGE = "AE", _("AE Reverse charge")
        INTRA_COMMUNITY = "K", _("K Intra-community supply")
        EXPORT = "G", _("G Export outside the EU")
        OUT_OF_SCOPE = "O", _("O Outside the scope of tax")

    rate = QuantityField(_("rate (%)"))
    treatment = models.CharField(
        _("treatment"), max_length=14, choices=Treatment, default=Treatment.NORMAL
    )
    category = models.CharField(
        _("category"), max_length=2, choices=Category, default=Category.STANDARD
    )
    exemption_reason = models.CharField(
        _("reason of exemption"),
        max_length=200,
        blank=True,
        help_text=_("Printed on the invoice where no tax is charged."),
    )
    sales_account = CompanyForeignKey("finance.Account", related_name="+")
    purchase_account = CompanyForeignKey("finance.Account", related_name="+")

    class Meta(MasterData.Meta):
        verbose_name = _("tax code")
        verbose_name_plural = _("tax codes")
        constraints = [
            *MasterData.Meta.constraints,
            *not_negative("finance_taxcode", "rate"),
            *company_references("finance_taxcode", "sales_account", "purchase_account"),
        ]

    @property
    def is_charged(self) -> bool:
        """Whether the partner pays it on top of the net amount."""
        return self.treatment == self.Treatment.NORMAL


class TaxSide(models.TextChoices):
    DUE = "due", _("Due")
    DEDUCTIBLE = "deductible", _("Deductible")


class TaxEntry(LedgerRow):
    """The tax ledger: one row for each taxed base of a posting, in company currency.

    Positive as an invoice makes it, negative as a credit note or a reversal takes it back. A
    reverse charge has two rows, due and deductible.
    """

    entry = CompanyForeignKey(
        "finance.JournalEntry", related_name="tax_entries", verbose_name=_("journal entry")
    )
    date = models.DateField(_("date"))
    tax_code = CompanyForeignKey(TaxCode, related_name="+", verbose_name=_("tax code"))
    side = models.CharField(_("side"), max_length=10, choices=TaxSide)
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("partner"))
    account = CompanyForeignKey("finance.Account", related_name="+", verbose_name=_("account"))
    base = LedgerAmountField(_("base"))
    tax = LedgerAmountField(_("tax"))

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("tax entry")
        verbose_name_plural = _("tax entries")
        constraints = [
            *LedgerRow.Meta.constraints,
            *company_references("finance_taxentry", "entry", "tax_code", "partner", "account"),
        ]
        indexes = [
            Index(fields=["company", "date", "tax_code"], name="finance_taxentry_date"),
            Index(fields=["entry"], name="finance_taxentry_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.tax_code.code} {self.base}: {self.tax}"


class TaxBox(MasterData):
    """A box of the return: the sum of its terms over the tax ledger."""

    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta(MasterData.Meta):
        ordering = ("position", "code")  # type: ignore[assignment]
        verbose_name = _("box of the tax return")
        verbose_name_plural = _("boxes of the tax return")


class TaxBoxTerm(CompanyBound, AuditedModel):
    """What a box sums: bases or taxes of one tax code on one side, added or taken off."""

    class Measure(models.TextChoices):
        BASE = "base", _("Base")
        TAX = "tax", _("Tax")

    box = CompanyForeignKey(TaxBox, on_delete=models.CASCADE, related_name="terms")
    tax_code = CompanyForeignKey(TaxCode, related_name="+", verbose_name=_("tax code"))
    side = models.CharField(_("side"), max_length=10, choices=TaxSide)
    measure = models.CharField(_("measure"), max_length=4, choices=Measure)
    is_subtracted = models.BooleanField(_("taken off"), default=False)

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("term of a box")
        verbose_name_plural = _("terms of a box")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.UniqueConstraint(
                fields=["box", "tax_code", "side", "measure"], name="finance_taxboxterm_once"
            ),
            *company_references("finance_taxboxterm", "box", "tax_code"),
        ]

    def __str__(self) -> str:
        return f"{self.box.code}: {self.tax_code.code}"


class TaxReturn(Document):
    """What is declared for a span of days, box by box; filing it moves the tax to its payable.

    It takes every tax entry up to ``ends_on`` that no earlier return took: what is posted late
    comes into the next one. ``last_entry`` is the newest tax entry it saw.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        FILED = "filed", _("Filed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.FILED, Status.CANCELLED},
        Status.FILED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    reference = models.CharField(_("authority's reference"), max_length=60, blank=True)
    last_entry = models.BigIntegerField(_("newest tax entry"), null=True, editable=False)
    payable = MoneyField(_("payable"), default=0, editable=False)
    entry = CompanyForeignKey(
        "finance.JournalEntry", related_name="+", null=True, editable=False, verbose_name=_("entry")
    )

    class Meta(Document.Meta):
        verbose_name = _("tax return")
        verbose_name_plural = _("tax returns")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="finance_taxreturn_span"
            ),
            models.UniqueConstraint(
                fields=["company", "ends_on"],
                condition=Q(status="filed"),
                name="finance_taxreturn_filed_once",
            ),
            *company_references("finance_taxreturn", "entry"),
        ]
        permissions = [("file_taxreturn", "Can file tax returns")]


class TaxReturnLine(CompanyBound):
    """The figure of a box as it was filed."""

    IS_REGISTER = True

    tax_return = CompanyForeignKey(TaxReturn, related_name="lines")
    box = CompanyForeignKey(TaxBox, related_name="+", verbose_name=_("box"))
    amount = LedgerAmountField(_("amount"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("line of a tax return")
        verbose_name_plural = _("lines of a tax return")
        constraints = [
            *CompanyBound.Meta.constraints,
            *company_references("finance_taxreturnline", "tax_return", "box"),
        ]

    def __str__(self) -> str:
        return f"{self.box.code}: {self.amount}"
