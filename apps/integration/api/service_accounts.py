from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from apps.core.api.bases import CompanyViewSet
from apps.core.api.fields import TextField
from apps.core.api.references import ReferenceField
from apps.core.api.requests import change_reason, check_version, seen_version
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.views import CreateMixin, DeactivateMixin, UpdateMixin
from apps.core.models import Site
from apps.integration.models import ServiceAccount
from apps.integration.services.service_accounts import (
    create_service_account,
    update_service_account,
)


class RolesField(serializers.ListField):
    """Names of roles."""

    child = serializers.CharField(max_length=150)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=50, required=False, **kwargs)

    def get_attribute(self, instance: Any) -> list[str]:
        return sorted(instance.user.groups.values_list("name", flat=True))


class ServiceAccountSerializer(StrictModelSerializer):
    name = TextField(max_length=200, required=False)
    username = serializers.CharField(source="user.username", read_only=True)
    roles = RolesField()
    sites = serializers.ListField(
        child=ReferenceField(Site), write_only=True, required=False, max_length=100
    )

    class Meta:
        model = ServiceAccount
        fields = (*MASTER_DATA_FIELDS, "username", "roles", "sites", *AUDIT_FIELDS)


class ServiceAccountViewSet(CreateMixin, UpdateMixin, DeactivateMixin, CompanyViewSet):
    """Programs that use the API. ``sites`` can be given once, when the account is made."""

    serializer_class = ServiceAccountSerializer
    create_service = staticmethod(create_service_account)
    update_service = staticmethod(update_service_account)
    takes_reason = True
    list_fields = (*MASTER_DATA_FIELDS, *AUDIT_FIELDS)
    filterset_fields = ("code", "is_active")
    search_fields = ("code", "name")
    ordering = "code"
    ordering_fields = ("id", "code", "name")
    select_related = ("user",)

    def destroy(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        version = seen_version(request)
        check_version(row, version)
        reason = change_reason(request)
        update_service_account(
            row, is_active=False, version=version, by=request.user, reason=reason
        )
        return Response(status=204)
