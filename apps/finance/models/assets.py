"""Fixed assets, their register of movements, their use, and the runs that depreciate them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, LedgerAmountField
from apps.core.models import Document, LedgerRow
from apps.finance.models.asset_books import AssetBook, AssetClass, DepreciationBook


class FixedAsset(Document):
    """A thing that is used for years, or a part of one that is depreciated by itself."""

    class Status(models.TextChoices):
        ORDERED = "ordered", _("Not in use yet")
        IN_USE = "in_use", _("In use")
        IMPAIRED = "impaired", _("Impaired")
        DISPOSED = "disposed", _("Disposed of")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.ORDERED: {Status.IN_USE, Status.CANCELLED},
        Status.IN_USE: {Status.ORDERED, Status.IMPAIRED, Status.DISPOSED},
        Status.IMPAIRED: {Status.IN_USE, Status.DISPOSED},
        Status.DISPOSED: {Status.IN_USE, Status.IMPAIRED},
        Status.CANCELLED: set(),
    }
    #: Statuses in which it loses value.
    ACTIVE = (Status.IN_USE, Status.IMPAIRED)

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.ORDERED, editable=False
    )
    name = models.CharField(_("name"), max_length=200)
    asset_class = CompanyForeignKey(
        AssetClass, related_name="assets", verbose_name=_("asset class")
    )
    component_of = CompanyForeignKey(
        "self", related_name="components", null=True, blank=True, verbose_name=_("component of")
    )
    acquired_on = models.DateField(_("acquired on"), null=True, editable=False)
    in_service_on = models.DateField(_("in service on"), null=True, editable=False)
    disposed_on = models.DateField(_("disposed of on"), null=True, editable=False)
    supplier = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("supplier")
    )
    serial_number = models.CharField(_("serial number"), max_length=80, blank=True)
    site = CompanyForeignKey(
        "core.Site", related_name="+", null=True, blank=True, verbose_name=_("site")
    )
    location = models.CharField(_("location"), max_length=120, blank=True)
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", null=True, blank=True, verbose_name=_("cost object")
    )

    class Meta(Document.Meta):
        verbose_name = _("fixed asset")
        verbose_name_plural = _("fixed assets")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(fields=["cost_object"], name="finance_fixedasset_own_cost_object"),
            models.CheckConstraint(
                condition=Q(component_of__isnull=True) | ~Q(component_of=F("id")),
                name="finance_fixedasset_not_in_itself",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("ordered", "cancelled")) | Q(in_service_on__isnull=False),
                name="finance_fixedasset_in_service",
            ),
            models.CheckConstraint(
                condition=Q(in_service_on__isnull=True) | Q(in_service_on__gte=F("acquired_on")),
                name="finance_fixedasset_acquired_first",
            ),
            models.CheckConstraint(
                condition=Q(status="disposed", disposed_on__isnull=False)
                | (~Q(status="disposed") & Q(disposed_on__isnull=True)),
                name="finance_fixedasset_disposed_on",
            ),
            *company_references(
                "finance_fixedasset",
                "asset_class",
                "component_of",
                "supplier",
                "site",
                "cost_object",
            ),
        ]
        permissions = [
            ("capitalise_fixedasset", "Can capitalise and put fixed assets in service"),
            ("revalue_fixedasset", "Can revalue and impair fixed assets"),
            ("dispose_fixedasset", "Can dispose of fixed assets"),
            ("reverse_fixedasset", "Can reverse events of fixed assets"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class DepreciationRun(Document):
    """The depreciation of one period in one book; its lines are movements of assets."""

    class Status(models.TextChoices):
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")

    TRANSITIONS = {Status.POSTED: {Status.REVERSED}, Status.REVERSED: set()}

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.POSTED, editable=False
    )
    book = CompanyForeignKey(DepreciationBook, related_name="runs", verbose_name=_("book"))
    period = CompanyForeignKey("finance.Period", related_name="+", verbose_name=_("period"))
    date = models.DateField(_("date"))
    total = LedgerAmountField(_("total"), editable=False)
    assets = models.PositiveIntegerField(_("number of assets"), editable=False)
    entry = CompanyForeignKey(
        "finance.JournalEntry", related_name="+", null=True, editable=False, verbose_name=_("entry")
    )

    class Meta(Document.Meta):
        verbose_name = _("depreciation run")
        verbose_name_plural = _("depreciation runs")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["book", "period"],
                condition=Q(status="posted"),
                name="finance_depreciationrun_once",
            ),
            *company_references("finance_depreciationrun", "book", "period", "entry"),
        ]
        permissions = [("reverse_depreciationrun", "Can reverse depreciation runs")]


class AssetMovement(LedgerRow):
    """One change of an asset's value in one book; ``event`` groups what happened at once.

    What is carried is ``cost`` less ``depreciation``, each summed over the movements.
    ``surplus`` is what went to the revaluation surplus, ``result`` what went to profit or loss
    beside depreciation (a gain above zero). ``entry`` stands where the book posts to the ledger.
    """

    class Kind(models.TextChoices):
        OPENING = "opening", _("Taken over")
        ACQUISITION = "acquisition", _("Acquisition")
        ADDITION = "addition", _("Later addition")
        DEPRECIATION = "depreciation", _("Depreciation")
        REVALUATION = "revaluation", _("Revaluation")
        IMPAIRMENT = "impairment", _("Impairment")
        ESTIMATE = "estimate", _("Change of estimate")
        DISPOSAL = "disposal", _("Disposal")

    #: Depreciation goes on from what is carried after one of these.
    ANEW = (
        Kind.OPENING,
        Kind.ADDITION,
        Kind.REVALUATION,
        Kind.IMPAIRMENT,
        Kind.ESTIMATE,
        Kind.DISPOSAL,
    )

    asset = CompanyForeignKey(FixedAsset, related_name="movements", verbose_name=_("asset"))
    asset_book = CompanyForeignKey(
        AssetBook, related_name="movements", verbose_name=_("asset in a book")
    )
    book = CompanyForeignKey(
        DepreciationBook, related_name="+", db_index=False, verbose_name=_("book")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    event = models.PositiveIntegerField(_("event"))
    date = models.DateField(_("date"))
    cost = LedgerAmountField(_("cost"), default=0)
    depreciation = LedgerAmountField(_("accumulated depreciation"), default=0)
    surplus = LedgerAmountField(_("revaluation surplus"), default=0)
    result = LedgerAmountField(_("profit or loss"), default=0)
    proceeds = LedgerAmountField(_("proceeds"), default=0)
    entry = CompanyForeignKey(
        "finance.JournalEntry", related_name="+", null=True, verbose_name=_("entry")
    )
    reverses = CompanyForeignKey(
        "self", related_name="reversals", null=True, verbose_name=_("reverses")
    )

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("asset movement")
        verbose_name_plural = _("asset movements")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(fields=["reverses"], name="finance_assetmovement_reversed_once"),
            models.CheckConstraint(
                condition=Q(
                    Q(cost__gt=-(10**16), cost__lt=10**16),
                    Q(depreciation__gt=-(10**16), depreciation__lt=10**16),
                    Q(surplus__gt=-(10**16), surplus__lt=10**16),
                    Q(result__gt=-(10**16), result__lt=10**16),
                    Q(proceeds__gt=-(10**16), proceeds__lt=10**16),
                ),
                name="finance_assetmovement_range",
            ),
            *company_references(
                "finance_assetmovement", "asset", "asset_book", "book", "entry", "reverses"
            ),
        ]
        indexes = [
            Index(fields=["company", "date", "id"], name="finance_assetmovement_date"),
            # what lines of bills became, and of credit notes took back
            Index(
                fields=["source_id"],
                condition=Q(kind__in=("acquisition", "addition")),
                name="finance_assetmovement_cost",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.date}"


class AssetUsage(LedgerRow):
    """Units that an asset has made; a correction is another row, below zero."""

    asset = CompanyForeignKey(FixedAsset, related_name="usage", verbose_name=_("asset"))
    date = models.DateField(_("date"))
    units = LedgerAmountField(_("units"))

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("use of an asset")
        verbose_name_plural = _("use of assets")
        constraints = [
            *LedgerRow.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(units=0) & Q(units__gt=-(10**14), units__lt=10**14),
                name="finance_assetusage_units",
            ),
            *company_references("finance_assetusage", "asset"),
        ]

    def __str__(self) -> str:
        return f"{self.asset} {self.date}: {self.units}"
