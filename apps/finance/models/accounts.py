from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound


class Module(models.TextChoices):
    """Who posts. A period is opened and closed for each of them."""

    GENERAL = "general", _("General ledger")
    SALES = "sales", _("Sales")
    PURCHASING = "purchasing", _("Purchasing")
    INVENTORY = "inventory", _("Inventory")
    PRODUCTION = "production", _("Production")
    CASH = "cash", _("Cash and bank")


class Activity(models.TextChoices):
    """What kind of activity a line's cash flows are of (IAS 7)."""

    OPERATING = "operating", _("Operating")
    INVESTING = "investing", _("Investing")
    FINANCING = "financing", _("Financing")


class StatementLine(MasterData):
    """A line of the balance sheet or the income statement; accounts hang on it.

    ``activity`` says where the cash flow statement shows what moves its accounts. A line of the
    income statement that is not operating, such as depreciation, is taken out of the result.
    """

    class Statement(models.TextChoices):
        BALANCE_SHEET = "balance_sheet", _("Balance sheet")
        INCOME = "income", _("Income statement")

    statement = models.CharField(_("statement"), max_length=14, choices=Statement)
    parent = CompanyForeignKey(
        "self", related_name="children", null=True, blank=True, verbose_name=_("parent")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    activity = models.CharField(
        _("activity in the cash flow"), max_length=10, choices=Activity, default=Activity.OPERATING
    )

    class Meta(MasterData.Meta):
        ordering = ("statement", "position", "code")  # type: ignore[assignment]
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("finance_statementline", "parent"),
        ]


class Account(MasterData):
    """A general ledger account. A control account takes no manual lines: its sub-ledger posts."""

    class Kind(models.TextChoices):
        ASSET = "asset", _("Asset")
        LIABILITY = "liability", _("Liability")
        EQUITY = "equity", _("Equity")
        INCOME = "income", _("Income")
        EXPENSE = "expense", _("Expense")

    class Control(models.TextChoices):
        NONE = "", _("None")
        RECEIVABLE = "receivable", _("Receivables")
        PAYABLE = "payable", _("Payables")
        INVENTORY = "inventory", _("Inventory")
        GRNI = "grni", _("Goods received, not invoiced")
        WIP = "wip", _("Work in process")
        TAX = "tax", _("Tax")
        CASH = "cash", _("Cash and bank")
        FIXED_ASSET = "asset", _("Fixed assets")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    control = models.CharField(
        _("control account for"), max_length=12, choices=Control, blank=True, default=Control.NONE
    )
    statement_line = CompanyForeignKey(
        StatementLine, related_name="accounts", verbose_name=_("statement line")
    )

    class Meta(MasterData.Meta):
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("finance_account", "statement_line"),
        ]

    #: Controls whose lines only a document may post. Cash and tax may be corrected by voucher.
    CLOSED_TO_VOUCHERS = frozenset(
        {
            Control.RECEIVABLE,
            Control.PAYABLE,
            Control.INVENTORY,
            Control.GRNI,
            Control.WIP,
            Control.FIXED_ASSET,
        }
    )

    @property
    def takes_manual_lines(self) -> bool:
        return self.control not in self.CLOSED_TO_VOUCHERS


class Journal(MasterData):
    """A book of entries with its own gapless series per fiscal year."""

    module = models.CharField(_("module"), max_length=12, choices=Module)

    class Meta(MasterData.Meta):
        verbose_name = _("journal")
        verbose_name_plural = _("journals")


class CostObject(MasterData):
    """What cost is collected on, so that cost by anything needs no reference upward."""

    class Kind(models.TextChoices):
        WORK_ORDER = "work_order", _("Work order")
        WORK_CENTRE = "work_centre", _("Work centre")
        MACHINE = "machine", _("Machine")
        ASSET = "asset", _("Asset")
        PROJECT = "project", _("Project")
        COST_CENTRE = "cost_centre", _("Cost centre")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)

    class Meta(MasterData.Meta):
        verbose_name = _("cost object")
        verbose_name_plural = _("cost objects")


class PostingRole(models.TextChoices):
    """What an account is for in a posting; rules say which account plays the role."""

    INVENTORY = "inventory", _("Inventory")
    IN_TRANSIT = "in_transit", _("Inventory in transit")
    GRNI = "grni", _("Goods received, not invoiced")
    WIP = "wip", _("Work in process")
    COGS = "cogs", _("Cost of goods sold")
    OPENING = "opening", _("Opening balances")
    ADJUSTMENT = "adjustment", _("Stock count differences")
    SCRAP = "scrap", _("Scrap")
    DOWNTIME = "downtime", _("Downtime")
    PROJECT_COST = "project_cost", _("Project costs")
    MAINTENANCE = "maintenance", _("Maintenance")
    FIXED_ASSET = "fixed_asset", _("Fixed assets")
    ASSET_SALE = "asset_sale", _("Proceeds of assets sold")
    ASSET_IMPAIRMENT = "asset_impairment", _("Impairment of assets")
    ASSET_SURPLUS = "asset_surplus", _("Revaluation surplus")
    PRICE_VARIANCE = "price_variance", _("Purchase price variance")
    PRODUCTION_VARIANCE = "production_variance", _("Production variance")
    REVALUATION = "revaluation", _("Stock revaluation")
    LABOUR_ABSORBED = "labour_absorbed", _("Labour absorbed")
    MACHINE_ABSORBED = "machine_absorbed", _("Machine cost absorbed")
    REVENUE = "revenue", _("Revenue")
    SALES_RETURNS = "sales_returns", _("Sales returns")
    RECEIVABLE = "receivable", _("Receivables")
    PAYABLE = "payable", _("Payables")
    SALES_TAX = "sales_tax", _("Tax on sales")
    PURCHASE_TAX = "purchase_tax", _("Tax on purchases")
    TAX_SETTLEMENT = "tax_settlement", _("Tax payable to the authority")
    CHARGES = "charges", _("Freight and other charges")
    EXCHANGE_DIFFERENCE = "exchange_difference", _("Realised exchange differences")
    UNREALISED_EXCHANGE = "unrealised_exchange", _("Unrealised exchange differences")
    ROUNDING = "rounding", _("Rounding")
    DISCOUNT_ALLOWED = "discount_allowed", _("Early-payment discounts allowed")
    DISCOUNT_RECEIVED = "discount_received", _("Early-payment discounts received")
    WRITE_OFF = "write_off", _("Small differences written off")
    DUNNING_FEE = "dunning_fee", _("Dunning fees")
    RETAINED_EARNINGS = "retained_earnings", _("Retained earnings")
    DISTRIBUTIONS = "distributions", _("Dividends and drawings")
    DIRECT_WAGES = "direct_wages", _("Production wages")
    WAGES = "wages", _("Wages and salaries")
    EMPLOYER_COST = "employer_cost", _("Employer's social cost")
    NET_PAY = "net_pay", _("Net pay payable")
    PAYROLL_TAX = "payroll_tax", _("Payroll tax withheld")
    SOCIAL_SECURITY = "social_security", _("Social security payable")
    PAYROLL_DEDUCTION = "payroll_deduction", _("Other payroll deductions")
    EMPLOYEE_PAYABLE = "employee_payable", _("Expenses payable to employees")
    EXPENSE = "expense", _("Expenses of employees")


class PostingRule(CompanyBound, AuditedModel):
    """Which account plays ``role``: for one item category and one reason, or for all (empty).

    The most exact rule wins: category and reason, then reason, then category, then neither.
    """

    role = models.CharField(_("role"), max_length=20, choices=PostingRole)
    category = CompanyForeignKey(
        "masterdata.ItemCategory",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("item category"),
    )
    reason = CompanyForeignKey(
        "masterdata.ReasonCode", related_name="+", null=True, blank=True, verbose_name=_("reason")
    )
    account = CompanyForeignKey(Account, related_name="+", verbose_name=_("account"))

    class Meta(CompanyBound.Meta):
        ordering = ("role", "category", "reason")
        verbose_name = _("posting rule")
        verbose_name_plural = _("posting rules")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["company", "role", "category", "reason"],
                nulls_distinct=False,
                name="finance_postingrule_key",
            ),
            *company_references("finance_postingrule", "category", "reason", "account"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} → {self.account}"
