from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, LedgerAmountField, QuantityField
from apps.core.models import Document, MasterData
from apps.core.models.base import CompanyBound


class CountClass(MasterData):
    """A class of the ABC analysis: how often its items are counted, how well a count must tie.

    Classes are filled in the order of ``value_share``: A up to 80 % of what was used, B up to
    95 %, C the rest.
    """

    value_share = models.DecimalField(
        _("share of value (%)"),
        max_digits=5,
        decimal_places=2,
        help_text=_("Up to this share of the value used, all classes before it counted in."),
    )
    interval_days = models.PositiveIntegerField(_("counted every (days)"))
    tolerance_percent = models.DecimalField(
        _("tolerance (%)"), max_digits=5, decimal_places=2, default=0
    )
    tolerance_value = LedgerAmountField(
        _("tolerance (value)"),
        default=0,
        help_text=_("A difference above both tolerances is counted again."),
    )

    class Meta(MasterData.Meta):
        ordering = ("value_share", "code")
        verbose_name = _("count class")
        verbose_name_plural = _("count classes")
        constraints = [
            *MasterData.Meta.constraints,
            *not_negative("inventory_countclass", "tolerance_percent", "tolerance_value"),
            models.CheckConstraint(
                condition=Q(value_share__gt=0, value_share__lte=100),
                name="inventory_countclass_value_share",
            ),
            models.CheckConstraint(
                condition=Q(interval_days__gt=0), name="inventory_countclass_interval"
            ),
        ]


class ItemClass(CompanyBound):
    """The class an item fell into, by the value of what was used of it. Made by a service."""

    item = models.OneToOneField(
        "masterdata.Item", on_delete=models.PROTECT, related_name="count_class", db_constraint=False
    )
    count_class = CompanyForeignKey(CountClass, related_name="items", verbose_name=_("count class"))
    used_value = LedgerAmountField(_("value used"))
    since = models.DateField(_("since"))
    until = models.DateField(_("until"))

    class Meta:
        ordering = ("item",)
        verbose_name = _("item class")
        verbose_name_plural = _("item classes")
        constraints = [*company_references("inventory_itemclass", "item", "count_class")]

    def __str__(self) -> str:
        return f"{self.item}: {self.count_class}"


class StockCount(Document):
    """What was found at some places, beside what the books said at that moment.

    The warehouse keeps working: each line remembers what the books had when it was counted, so
    the difference stays right whatever moves afterwards. ``is_frozen`` stops the places instead.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        COUNTING = "counting", _("Counting")
        REVIEW = "review", _("In review")
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.PLANNED: {Status.COUNTING, Status.CANCELLED},
        Status.COUNTING: {Status.REVIEW, Status.CANCELLED},
        Status.REVIEW: {Status.COUNTING, Status.POSTED, Status.CANCELLED},
        Status.POSTED: {Status.REVERSED},
        Status.REVERSED: set(),
        Status.CANCELLED: set(),
    }
    #: The places of these are being counted.
    OPEN = frozenset({Status.COUNTING, Status.REVIEW})

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.PLANNED, editable=False
    )
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("site"))
    date = models.DateField(_("date"))
    is_blind = models.BooleanField(
        _("blind"), default=True, help_text=_("Who counts is not told what the books say.")
    )
    is_frozen = models.BooleanField(
        _("freezes its places"),
        default=False,
        help_text=_("Nothing moves to or from a place while it is counted."),
    )
    reason = CompanyForeignKey(
        "masterdata.ReasonCode", related_name="+", null=True, blank=True, verbose_name=_("reason")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        constraints = [
            *Document.Meta.constraints,
            *company_references("inventory_stockcount", "site", "reason"),
        ]
        permissions = [
            ("start_stockcount", "Can start stock counts"),
            ("count_stockcount", "Can enter what was counted"),
            ("post_stockcount", "Can approve and post stock counts"),
            ("reverse_stockcount", "Can reverse stock counts"),
        ]

    @property
    def hides_books(self) -> bool:
        """Whether who looks at it is still to count without knowing what the books say."""
        return self.is_blind and self.status in (self.Status.PLANNED, self.Status.COUNTING)


class StockCountLine(CompanyBound):
    """One item and lot at one place. All but the place is empty until it is counted.

    ``book_quantity`` is what the books had at ``counted_at``; ``unit_cost`` what a unit was
    carried at then.
    """

    count = CompanyForeignKey(StockCount, on_delete=models.CASCADE, related_name="lines")
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    location = CompanyForeignKey("inventory.Location", related_name="+", verbose_name=_("location"))
    lot = CompanyForeignKey("inventory.Lot", related_name="+", null=True, verbose_name=_("lot"))
    book_quantity = QuantityField(_("in the books"), null=True)
    counted_quantity = QuantityField(_("counted"), null=True)
    unit_cost = QuantityField(_("unit cost"), null=True)
    counted_at = models.DateTimeField(_("counted at"), null=True)
    counted_by = models.ForeignKey(
        "core.User",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        verbose_name=_("counted by"),
    )
    times_counted = models.PositiveSmallIntegerField(_("times counted"), default=0)
    must_recount = models.BooleanField(_("to be counted again"), default=False)
    reason = CompanyForeignKey(
        "masterdata.ReasonCode", related_name="+", null=True, verbose_name=_("reason")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("stock count line")
        verbose_name_plural = _("stock count lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            *not_negative("inventory_stockcountline", "counted_quantity", "book_quantity"),
            UniqueConstraint(
                fields=["count", "item", "location", "lot"],
                nulls_distinct=False,
                name="inventory_stockcountline_once",
            ),
            models.CheckConstraint(
                condition=Q(counted_quantity__isnull=True, book_quantity__isnull=True)
                | Q(counted_quantity__isnull=False, book_quantity__isnull=False),
                name="inventory_stockcountline_counted_beside_book",
            ),
            *company_references(
                "inventory_stockcountline", "count", "item", "location", "lot", "reason"
            ),
        ]
        indexes = [
            Index(fields=["item", "-counted_at"], name="inventory_stockcountline_last"),
        ]

    def __str__(self) -> str:
        return f"{self.item.code} @ {self.location.code}"

    @property
    def difference(self) -> Decimal | None:
        if self.counted_quantity is None or self.book_quantity is None:
            return None
        return self.counted_quantity - self.book_quantity

    @property
    def difference_value(self) -> Decimal | None:
        """About what the difference is worth; the posting says exactly."""
        if self.difference is None or self.unit_cost is None:
            return None
        return round(self.difference * self.unit_cost, 2)
