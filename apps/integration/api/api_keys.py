from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view

from apps.core.api.bases import CompanyViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.integration.api.secrets import CreateWithSecretMixin, with_secret
from apps.integration.models import ApiKey
from apps.integration.services.api_keys import create_api_key, revoke_api_key


class ApiKeySerializer(StrictModelSerializer):
    class Meta:
        model = ApiKey
        fields = (
            "id",
            "company",
            "account",
            "name",
            "prefix",
            "scopes",
            "networks",
            "requests_per_minute",
            "expires_at",
            "revoked_at",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("prefix", "revoked_at")


@extend_schema_view(create=extend_schema(responses=with_secret(ApiKeySerializer)))
class ApiKeyViewSet(CreateWithSecretMixin, CompanyViewSet):
    """Keys of service accounts. The key stands in the answer that makes it, and only there."""

    serializer_class = ApiKeySerializer
    create_service = staticmethod(create_api_key)
    filterset_fields = ("account", "prefix")
    search_fields = ("prefix", "name")
    ordering_fields = ("id", "expires_at")

    def values_of(self, values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name != "company"}

    @verb(permission="integration.change_apikey")
    def revoke(self, key: ApiKey, *, by: Any) -> ApiKey:
        """From now on the key opens nothing."""
        return revoke_api_key(key, by=by)
