from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import ChoiceField, DateField, DecimalField, IntegerField
from apps.core.api.imports import ImportActions
from apps.core.api.printouts import PdfActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.finance.api.periods import ReasonInput
from apps.finance.api.vouchers import ReverseInput
from apps.finance.asset_card import asset_card_pdf
from apps.finance.asset_resources import FixedAssetResource
from apps.finance.depreciation_terms import Method
from apps.finance.models import (
    Account,
    AssetBook,
    CostObject,
    DepreciationBook,
    FixedAsset,
    InvoiceLine,
)
from apps.finance.services.asset_costs import capitalise_asset, take_over_asset
from apps.finance.services.asset_disposals import dispose_asset, reverse_last_event
from apps.finance.services.asset_values import change_estimate, impair_asset, revalue_asset
from apps.finance.services.assets import (
    BookTerms,
    cancel_asset,
    change_asset,
    put_asset_in_service,
    register_asset,
)

MONEY: dict[str, Any] = {"decimal_places": 4}


class AssetBookSerializer(StrictModelSerializer):
    class Meta:
        model = AssetBook
        fields = (
            "book",
            "method",
            "convention",
            "life_months",
            "rate",
            "factor",
            "residual",
            "units_total",
        )


class FixedAssetSerializer(StrictModelSerializer):
    """``books``: how it is depreciated; by its class when nothing is said."""

    books = AssetBookSerializer(many=True, required=False)

    class Meta:
        model = FixedAsset
        fields = (
            "id",
            "company",
            "number",
            "status",
            "name",
            "asset_class",
            "component_of",
            "acquired_on",
            "in_service_on",
            "disposed_on",
            "supplier",
            "serial_number",
            "site",
            "location",
            "cost_object",
            "books",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "acquired_on", "in_service_on", "disposed_on")


class CapitaliseInput(StrictSerializer):
    date = DateField()
    amount = DecimalField(positive=True, required=False, **MONEY)
    account = ReferenceField(Account, required=False)
    invoice_line = ReferenceField(InvoiceLine, required=False)
    cost_object = ReferenceField(CostObject, required=False)


class TakeOverInput(StrictSerializer):
    date = DateField()
    cost = DecimalField(positive=True, **MONEY)
    depreciation = DecimalField(**MONEY)
    acquired_on = DateField()
    in_service_on = DateField()


class InServiceInput(StrictSerializer):
    date = DateField()


class ValueInput(ReverseInput):
    value = DecimalField(**MONEY)
    book = ReferenceField(DepreciationBook, required=False)


class EstimateInput(ReverseInput):
    book = ReferenceField(DepreciationBook, required=False)
    life_months = IntegerField(required=False, min_value=1, max_value=1200)
    residual = DecimalField(required=False, min_value=Decimal(0), **MONEY)
    units_total = DecimalField(required=False, positive=True)
    method = ChoiceField(choices=Method.choices, required=False)


class DisposeInput(ReverseInput):
    proceeds = DecimalField(required=False, min_value=Decimal(0), **MONEY)
    cost = DecimalField(required=False, positive=True, **MONEY)
    account = ReferenceField(Account, required=False)


class FixedAssetViewSet(CreateMixin, UpdateMixin, ImportActions, PdfActions, DocumentViewSet):  # type: ignore[misc]
    """Assets with the books they are depreciated in. ``import`` takes assets over."""

    serializer_class = FixedAssetSerializer
    resource_class = FixedAssetResource
    printout = staticmethod(asset_card_pdf)
    prefetch_related = ("books__book",)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "asset_class": ["exact"],
        "component_of": ["exact", "isnull"],
        "site": ["exact"],
        "cost_object": ["exact"],
        "acquired_on": ["exact", "gte", "lte"],
        "in_service_on": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "number", "acquired_on")
    search_fields = ("number", "name", "serial_number")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> FixedAsset:
        books = [BookTerms(**row) for row in values.pop("books", ())]
        return register_asset(books=books, by=by, reason=reason, **values)

    def perform_update(
        self, row: Any, values: dict[str, Any], *, version: int | None, by: Any, reason: str
    ) -> FixedAsset:
        if "books" in values:
            raise InvalidInput("by_estimate", _("Terms change by a new estimate."), field="books")
        return change_asset(row, version=version, by=by, reason=reason, **values)

    @verb(permission="finance.capitalise_fixedasset", serializer=CapitaliseInput)
    def capitalise(self, asset: FixedAsset, *, by: User, **values: Any) -> FixedAsset:
        """Move cost onto the asset: from a bill's line, an account, or where it gathers."""
        return capitalise_asset(asset, by=by, **values)

    @verb(permission="finance.capitalise_fixedasset", serializer=TakeOverInput)
    def take_over(self, asset: FixedAsset, *, by: User, **values: Any) -> FixedAsset:
        """Bring it over from the books before, with what was charged there."""
        return take_over_asset(asset, by=by, **values)

    @verb(permission="finance.capitalise_fixedasset", serializer=InServiceInput)
    def put_in_service(self, asset: FixedAsset, *, date: datetime.date, by: User) -> FixedAsset:
        """It begins to lose value."""
        return put_asset_in_service(asset, date=date, by=by)

    @verb(permission="finance.revalue_fixedasset", serializer=ValueInput)
    def revalue(self, asset: FixedAsset, *, by: User, **values: Any) -> FixedAsset:
        """Carry it at another value."""
        return revalue_asset(asset, by=by, **values)

    @verb(permission="finance.revalue_fixedasset", serializer=ValueInput)
    def impair(self, asset: FixedAsset, *, by: User, **values: Any) -> FixedAsset:
        """Write it down to what can be recovered."""
        return impair_asset(asset, by=by, **values)

    @verb(permission="finance.revalue_fixedasset", serializer=EstimateInput)
    def estimate(self, asset: FixedAsset, *, by: User, **values: Any) -> FixedAsset:
        """Another life, residual or method from a day on."""
        return change_estimate(asset, by=by, **values)

    @verb(permission="finance.dispose_fixedasset", serializer=DisposeInput)
    def dispose(self, asset: FixedAsset, *, by: User, **values: Any) -> FixedAsset:
        """Sell or scrap it, or the part that had ``cost``."""
        return dispose_asset(asset, by=by, **values)

    @verb(permission="finance.reverse_fixedasset", serializer=ReverseInput)
    def reverse_last(
        self, asset: FixedAsset, *, date: datetime.date, reason: str, by: User
    ) -> FixedAsset:
        """Take back what happened to it last."""
        return reverse_last_event(asset, date=date, reason=reason, by=by)

    @verb(permission="finance.change_fixedasset", serializer=ReasonInput)
    def cancel(self, asset: FixedAsset, *, reason: str, by: User) -> FixedAsset:
        """Give up an asset that bears no cost."""
        return cancel_asset(asset, reason=reason, by=by)
