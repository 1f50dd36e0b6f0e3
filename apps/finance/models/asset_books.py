"""How assets are depreciated: classes, books, and the terms of a class or an asset in a book."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound
from apps.finance.depreciation_terms import Convention, Method

LONGEST_LIFE = 1200


class DepreciationBook(MasterData):
    """A way to count: the one that posts to the ledger, or one beside it, as for taxes."""

    posts_to_ledger = models.BooleanField(_("posts to the ledger"), default=False)

    class Meta(MasterData.Meta):
        verbose_name = _("depreciation book")
        verbose_name_plural = _("depreciation books")
        constraints = [
            *MasterData.Meta.constraints,
            UniqueConstraint(
                fields=["company"],
                condition=Q(posts_to_ledger=True),
                name="finance_depreciationbook_one_ledger",
            ),
        ]


class AssetClass(MasterData):
    """Assets of a kind: the accounts they are kept on."""

    asset_account = CompanyForeignKey(
        "finance.Account", related_name="+", verbose_name=_("asset account")
    )
    depreciation_account = CompanyForeignKey(
        "finance.Account", related_name="+", verbose_name=_("accumulated depreciation account")
    )
    expense_account = CompanyForeignKey(
        "finance.Account", related_name="+", verbose_name=_("depreciation expense account")
    )
    gain_account = CompanyForeignKey(
        "finance.Account", related_name="+", verbose_name=_("account of gains on disposal")
    )
    loss_account = CompanyForeignKey(
        "finance.Account", related_name="+", verbose_name=_("account of losses on disposal")
    )

    class Meta(MasterData.Meta):
        verbose_name = _("asset class")
        verbose_name_plural = _("asset classes")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(asset_account=models.F("depreciation_account")),
                name="finance_assetclass_two_accounts",
            ),
            *company_references(
                "finance_assetclass",
                "asset_account",
                "depreciation_account",
                "expense_account",
                "gain_account",
                "loss_account",
            ),
        ]


class DepreciationTerms(CompanyBound, AuditedModel):
    """Method, convention and life; ``rate`` is percent a year, ``factor`` times straight line."""

    method = models.CharField(
        _("method"), max_length=16, choices=Method, default=Method.STRAIGHT_LINE
    )
    convention = models.CharField(
        _("convention"), max_length=12, choices=Convention, default=Convention.FULL_MONTH
    )
    life_months = models.PositiveSmallIntegerField(_("life in months"), null=True, blank=True)
    rate = QuantityField(_("rate (% a year)"), null=True, blank=True)
    factor = QuantityField(_("factor of declining balance"), null=True, blank=True)

    class Meta(CompanyBound.Meta):
        abstract = True


def _bounds(prefix: str) -> list[models.CheckConstraint]:
    return [
        models.CheckConstraint(
            condition=Q(life_months__isnull=True)
            | Q(life_months__gte=1, life_months__lte=LONGEST_LIFE),
            name=f"{prefix}_life_months",
        ),
        models.CheckConstraint(
            condition=Q(rate__isnull=True) | Q(rate__gt=0, rate__lte=100), name=f"{prefix}_rate"
        ),
        models.CheckConstraint(
            condition=Q(factor__isnull=True) | Q(factor__gt=0, factor__lte=10),
            name=f"{prefix}_factor",
        ),
    ]


class AssetClassBook(DepreciationTerms):
    """What assets of a class get in a book unless they say otherwise."""

    asset_class = CompanyForeignKey(
        AssetClass, related_name="books", on_delete=models.CASCADE, verbose_name=_("asset class")
    )
    book = CompanyForeignKey(DepreciationBook, related_name="+", verbose_name=_("book"))
    residual_percent = QuantityField(_("residual (% of cost)"), default=0)

    class Meta(DepreciationTerms.Meta):
        ordering = ("asset_class", "book")
        verbose_name = _("depreciation of a class")
        verbose_name_plural = _("depreciation of classes")
        constraints = [
            *DepreciationTerms.Meta.constraints,
            UniqueConstraint(fields=["asset_class", "book"], name="finance_assetclassbook_key"),
            models.CheckConstraint(
                condition=Q(residual_percent__gte=0, residual_percent__lt=100),
                name="finance_assetclassbook_residual",
            ),
            *_bounds("finance_assetclassbook"),
            *company_references("finance_assetclassbook", "asset_class", "book"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_class.code} / {self.book.code}"


class AssetBook(DepreciationTerms):
    """An asset in a book. What it is worth there is the sum of its movements."""

    asset = CompanyForeignKey(
        "finance.FixedAsset",
        related_name="books",
        on_delete=models.CASCADE,
        verbose_name=_("asset"),
    )
    book = CompanyForeignKey(DepreciationBook, related_name="+", verbose_name=_("book"))
    residual = MoneyField(
        _("residual"),
        null=True,
        blank=True,
        help_text=_("Empty: the part of the cost that the class says, set when it enters service."),
    )
    units_total = QuantityField(_("units in its life"), null=True, blank=True)

    class Meta(DepreciationTerms.Meta):
        ordering = ("asset", "book")
        verbose_name = _("asset in a book")
        verbose_name_plural = _("assets in books")
        constraints = [
            *DepreciationTerms.Meta.constraints,
            UniqueConstraint(fields=["asset", "book"], name="finance_assetbook_key"),
            models.CheckConstraint(
                condition=Q(units_total__isnull=True) | Q(units_total__gt=0),
                name="finance_assetbook_units_total",
            ),
            *_bounds("finance_assetbook"),
            models.CheckConstraint(
                condition=Q(residual__isnull=True) | Q(residual__gte=0),
                name="finance_assetbook_residual",
            ),
            *company_references("finance_assetbook", "asset", "book"),
        ]

    def __str__(self) -> str:
        return f"{self.asset} / {self.book.code}"
