from __future__ import annotations

from typing import Any

from apps.core.api.filters import CompanyFilterSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, DeactivateMixin, UpdateMixin
from apps.core.models import Company, Site


class CompanySerializer(StrictModelSerializer):
    class Meta:
        model = Company
        fields = (
            "id",
            "code",
            "name",
            "currency",
            "address",
            "tax_number",
            "registration_number",
            "country",
            "electronic_address",
            "electronic_address_scheme",
            "email",
            "phone",
            "bank_details",
            "iban",
            "bic",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("code", "currency")


class CompanyFilters(CompanyFilterSet):
    class Meta:
        model = Company
        fields = ("code",)


class CompaniesViewSet(UpdateMixin, CompanyViewSet):
    serializer_class = CompanySerializer
    filterset_class = CompanyFilters
    search_fields = ("code", "name")
    ordering = "code"
    ordering_fields = ("id", "code", "name")

    def get_queryset(self) -> Any:
        """All that the caller may name in ``X-Company``; changed is only the one acted in."""
        rows = Company.objects.all()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        if self.action == "list":
            return rows.open_to(self.request.user)
        return rows.visible_to(self.request.user)


class SiteSerializer(StrictModelSerializer):
    class Meta:
        model = Site
        fields = (
            "id",
            "company",
            "code",
            "name",
            "time_zone",
            "address",
            "is_active",
            *AUDIT_FIELDS,
        )


class SiteViewSet(CreateMixin, UpdateMixin, DeactivateMixin, CompanyViewSet):
    serializer_class = SiteSerializer
    filterset_fields = ("code", "is_active")
    search_fields = ("code", "name")
    ordering = "code"
    ordering_fields = ("id", "code", "name")
