from __future__ import annotations

import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.core.api.fields import ChoiceField, DateField, DecimalField, TextField
from apps.core.api.permissions import ModelPermissions
from apps.core.api.references import ReferenceField
from apps.core.api.requests import respond_once
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.models import Company, Currency, User
from apps.finance.api.uploads import OpeningUpload, table_of, upload
from apps.finance.models import Account, Invoice, JournalVoucher
from apps.finance.queries.opening import opening_residue
from apps.finance.services.line_files import opening_balances, opening_items
from apps.finance.services.opening import (
    Opening,
    OpeningBalance,
    OpeningItem,
    check_opening_balances,
    post_opening_balances,
)
from apps.masterdata.models import Partner


class OpeningBalanceInput(StrictSerializer):
    account = ReferenceField(Account)
    amount = DecimalField(decimal_places=4, help_text="Debit above zero")


class OpeningItemInput(StrictSerializer):
    kind = ChoiceField(choices=Invoice.Kind.choices)
    partner = ReferenceField(Partner)
    reference = TextField(max_length=60)
    due_date = DateField()
    amount = DecimalField(decimal_places=4, positive=True)
    currency = ReferenceField(Currency, required=False)
    exchange_rate = DecimalField(decimal_places=8, positive=True, required=False)


class OpeningInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    date = DateField()
    balances = OpeningBalanceInput(many=True, allow_empty=False)
    items = OpeningItemInput(many=True, required=False)


class OpeningOutput(serializers.Serializer):
    """``to_come``: what each account expects from stock or invoices; ``residue``: what is left."""

    voucher = serializers.IntegerField()
    number = serializers.CharField()
    invoices = serializers.ListField(child=serializers.CharField())
    to_come = serializers.DictField(child=DecimalField())
    residue = DecimalField()


class OpeningCheck(serializers.Serializer):
    """``to_come``: what each account expects from stock."""

    balances = serializers.IntegerField()
    items = serializers.IntegerField()
    to_come = serializers.DictField(child=DecimalField())


class OpeningBalancesViewSet(ViewSet):
    """``POST`` the trial balance of the old books and the items open in them."""

    permission_classes = (ModelPermissions,)
    permission_model = JournalVoucher

    @classmethod
    def model_class(cls) -> type[JournalVoucher]:
        return JournalVoucher

    @extend_schema(request=OpeningInput, responses={201: OpeningOutput})
    def create(self, request: Any) -> Response:
        def act() -> tuple[int, Any]:
            parser = OpeningInput(data=request.data, context={"request": request, "view": self})
            parser.is_valid(raise_exception=True)
            return 201, self._post(**parser.validated_data, by=request.user)

        return respond_once(request, act)

    create.required_permissions = ("finance.post_journalvoucher",)  # type: ignore[attr-defined]

    def _post(
        self,
        *,
        company: Company,
        date: datetime.date,
        balances: list[dict[str, Any]],
        by: User,
        items: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        made = post_opening_balances(
            company,
            date=date,
            balances=[OpeningBalance(**row) for row in balances],
            items=[OpeningItem(**row) for row in items or ()],
            by=by,
        )
        return _presented(company, made)

    @upload(OpeningUpload, permission="finance.post_journalvoucher", response=OpeningOutput)
    def import_file(
        self, *, company: Company, balances: Any, encoding: str, by: User, **values: Any
    ) -> dict[str, Any]:
        """The same from two files: the trial balance, and the open items."""
        items = values.pop("items", None)
        made = post_opening_balances(
            company,
            balances=opening_balances(table_of(balances, encoding), company),
            items=opening_items(table_of(items, encoding), company) if items else (),
            by=by,
            **values,
        )
        return _presented(company, made)

    @extend_schema(
        request={"multipart/form-data": OpeningUpload},
        responses={200: OpeningCheck},
        filters=False,
    )
    @action(detail=False, methods=["post"], parser_classes=(MultiPartParser,))
    def check(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Whether the two files could be posted; nothing is written."""
        context = {"request": request, "view": self}
        parser = OpeningUpload(data=request.data.dict(), context=context)
        parser.is_valid(raise_exception=True)
        given = parser.validated_data
        company, encoding, listed = given["company"], given["encoding"], given.get("items")
        balances = opening_balances(table_of(given["balances"], encoding), company)
        items = opening_items(table_of(listed, encoding), company) if listed else []
        to_come = check_opening_balances(
            company, date=given["date"], balances=balances, items=items, by=request.user
        )
        return Response({"balances": len(balances), "items": len(items), "to_come": to_come})

    check.required_permissions = ("finance.post_journalvoucher",)  # type: ignore[attr-defined]


def _presented(company: Company, made: Opening) -> dict[str, Any]:
    return {
        "voucher": made.voucher.pk,
        "number": made.voucher.number,
        "invoices": [invoice.number for invoice in made.invoices],
        "to_come": made.to_come,
        "residue": opening_residue(company),
    }
