from __future__ import annotations

from apps.core.api.bases import CompanyViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.supply_chain.models import SupplierAccess
from apps.supply_chain.services.supplier_access import (
    grant_supplier_access,
    update_supplier_access,
)


class SupplierAccessSerializer(StrictModelSerializer):
    class Meta:
        model = SupplierAccess
        fields = ("id", "company", "user", "partner", "is_active", *AUDIT_FIELDS)


class SupplierAccessViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """People of suppliers who may use the suppliers' pages, each for one supplier."""

    serializer_class = SupplierAccessSerializer
    create_service = staticmethod(grant_supplier_access)
    update_service = staticmethod(update_supplier_access)
    takes_reason = True
    filterset_fields = ("partner", "is_active")
    ordering = "id"
