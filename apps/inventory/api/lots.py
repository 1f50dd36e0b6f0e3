from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DecimalField, TextField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.inventory.models import Lot
from apps.inventory.services.lots import (
    NewLot,
    create_lots,
    hold_lots,
    quarantine_lots,
    reject_lots,
    release_lots,
    update_lot,
)
from apps.inventory.services.weighing import weigh_lots

PERMISSION = "inventory.change_lot_status"


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=500)


class WeighInput(StrictSerializer):
    """In the unit of the item's catch weight."""

    catch_weight = DecimalField(positive=True)
    reason = TextField(max_length=500, required=False)


class LotSerializer(StrictModelSerializer):
    class Meta:
        model = Lot
        fields = (
            "id",
            "company",
            "item",
            "code",
            "status",
            "supplier",
            "supplier_lot",
            "made_on",
            "expires_on",
            "catch_weight",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("status", "catch_weight")


class LotViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Lots and serial numbers; a held one is neither issued nor shipped."""

    serializer_class = LotSerializer
    update_service = staticmethod(update_lot)
    takes_reason = True
    filterset_fields = {
        "item": ["exact"],
        "code": ["exact"],
        "status": ["exact", "in"],
        "supplier": ["exact"],
        "supplier_lot": ["exact"],
        "expires_on": ["exact", "gte", "lte"],
    }
    search_fields = ("code", "supplier_lot")
    ordering_fields = ("id", "expires_on")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Lot:
        company = values.pop("company")
        return create_lots(company, [NewLot(**values)], by=by)[0]

    @verb(permission=PERMISSION, serializer=ReasonInput)
    def hold(self, lot: Lot, *, reason: str, by: User) -> Lot:
        return hold_lots([lot], reason=reason, by=by)[0]

    @verb(permission=PERMISSION, serializer=ReasonInput)
    def quarantine(self, lot: Lot, *, reason: str, by: User) -> Lot:
        return quarantine_lots([lot], reason=reason, by=by)[0]

    @verb(permission=PERMISSION, serializer=ReasonInput)
    def reject(self, lot: Lot, *, reason: str, by: User) -> Lot:
        return reject_lots([lot], reason=reason, by=by)[0]

    @verb(permission=PERMISSION, serializer=ReasonInput)
    def release(self, lot: Lot, *, reason: str, by: User) -> Lot:
        return release_lots([lot], reason=reason, by=by)[0]

    @verb(permission="inventory.weigh_lot", serializer=WeighInput)
    def weigh(self, lot: Lot, *, catch_weight: Decimal, reason: str = "", by: User) -> Lot:
        return weigh_lots([(lot, catch_weight)], reason=reason, by=by)[0]
