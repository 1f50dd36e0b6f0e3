from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound
from apps.finance.models.accounts import Account, Activity

DEEPEST = 8


class StatementLayout(MasterData):
    """Rows of a statement as somebody wants to read it.

    A company without a layout of its own has the one that its statement lines make.
    """

    class Kind(models.TextChoices):
        BALANCE_SHEET = "balance_sheet", _("Balance sheet")
        INCOME = "income", _("Income statement")
        CASH_FLOW = "cash_flow", _("Cash flow, indirect")
        DIRECT_CASH_FLOW = "direct_cash_flow", _("Cash flow, direct")
        EQUITY = "equity", _("Changes in equity")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    is_default = models.BooleanField(
        _("used unless another is asked for"),
        default=False,
        help_text=_("One of each kind. Without one the statement lines make the layout."),
    )

    class Meta(MasterData.Meta):
        ordering = ("kind", "code")  # type: ignore[assignment]
        verbose_name = _("statement layout")
        verbose_name_plural = _("statement layouts")
        constraints = [
            *MasterData.Meta.constraints,
            UniqueConstraint(
                fields=["company", "kind"],
                condition=Q(is_default=True),
                name="finance_statementlayout_default",
            ),
        ]


class LayoutRow(CompanyBound, AuditedModel):
    """A heading, the accounts that all its conditions select, or a total by formula.

    Balances are debits above zero; ``sign`` turns them. A formula names rows in brackets:
    ``[GROSS-PROFIT] / [REVENUE] * 100``.
    """

    class Kind(models.TextChoices):
        HEADING = "heading", _("Heading")
        ACCOUNTS = "accounts", _("Accounts")
        TOTAL = "total", _("Total or formula")

    class Sign(models.IntegerChoices):
        DEBIT = 1, _("Debits above zero")
        CREDIT = -1, _("Credits above zero")

    class Measure(models.TextChoices):
        OPENING = "opening", _("Opening balance")
        MOVEMENT = "movement", _("Movement, without closing entries")
        CARRIED = "carried", _("Closing entries")
        CLOSING = "closing", _("Closing balance")
        EXCHANGE = "exchange", _("Movement of cash by currency revaluations")

    class AccountKind(models.TextChoices):
        ASSET = "asset", _("Asset")
        LIABILITY = "liability", _("Liability")
        EQUITY = "equity", _("Equity")
        INCOME = "income", _("Income")
        EXPENSE = "expense", _("Expense")
        RESULT = "result", _("Income and expense")
        BALANCE = "balance", _("Asset, liability and equity")
        OWN = "own", _("Equity, income and expense")
        ALL = "all", _("All")

    layout = CompanyForeignKey(StatementLayout, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    code = models.CharField(_("code"), max_length=60)
    label = models.CharField(_("label"), max_length=200)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.ACCOUNTS)
    level = models.PositiveSmallIntegerField(_("indent"), default=0)
    sign = models.SmallIntegerField(_("sign"), choices=Sign, default=Sign.DEBIT)
    measure = models.CharField(
        _("measure"),
        max_length=8,
        choices=Measure,
        blank=True,
        help_text=_("Empty: closing balance on a balance sheet, movement elsewhere."),
    )
    statement_line = CompanyForeignKey(
        "finance.StatementLine",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("statement line"),
        help_text=_("Accounts on it and on the lines below it."),
    )
    activity = models.CharField(_("activity"), max_length=10, choices=Activity, blank=True)
    account_kind = models.CharField(
        _("kind of account"), max_length=10, choices=AccountKind, blank=True
    )
    control = models.CharField(
        _("control account for"),
        max_length=12,
        choices=[choice for choice in Account.Control.choices if choice[0]],
        blank=True,
    )
    accounts = models.CharField(
        _("accounts"),
        max_length=400,
        blank=True,
        help_text=_("Codes and ranges, such as 1000..1099, 1150; !1020 leaves one out."),
    )
    formula = models.CharField(
        _("formula"),
        max_length=4000,
        blank=True,
        help_text=_("Of a total: + - * / and brackets over [codes of rows] and figures."),
    )
    shows_accounts = models.BooleanField(_("accounts below it"), default=True)
    hides_zero = models.BooleanField(_("hidden when empty"), default=True)

    class Meta(CompanyBound.Meta):
        ordering = ("position", "id")
        verbose_name = _("row of a layout")
        verbose_name_plural = _("rows of a layout")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["layout", "code"], name="finance_layoutrow_code"),
            CheckConstraint(condition=Q(level__lte=DEEPEST), name="finance_layoutrow_level"),
            CheckConstraint(condition=Q(sign__in=(1, -1)), name="finance_layoutrow_sign"),
            *company_references("finance_layoutrow", "layout", "statement_line"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"
