from __future__ import annotations

from apps.core.api.bases import CompanyViewSet, MasterDataViewSet
from apps.core.api.imports import ImportActions
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.finance.models import LayoutRow, StatementLayout
from apps.finance.resources import LayoutRowResource, StatementLayoutResource
from apps.finance.services.layouts import (
    create_layout,
    create_layout_row,
    update_layout,
    update_layout_row,
)


class StatementLayoutSerializer(StrictModelSerializer):
    class Meta:
        model = StatementLayout
        fields = (*MASTER_DATA_FIELDS, "kind", "is_default", *AUDIT_FIELDS)


class StatementLayoutViewSet(MasterDataViewSet):
    """Layouts of statements. A new one starts with the rows that the statement lines make."""

    serializer_class = StatementLayoutSerializer
    resource_class = StatementLayoutResource
    create_service = staticmethod(create_layout)
    update_service = staticmethod(update_layout)
    filterset_fields = ("code", "is_active", "kind", "is_default")


class LayoutRowSerializer(StrictModelSerializer):
    class Meta:
        model = LayoutRow
        fields = (
            "id",
            "company",
            "layout",
            "position",
            "code",
            "label",
            "kind",
            "level",
            "sign",
            "measure",
            "statement_line",
            "activity",
            "account_kind",
            "control",
            "accounts",
            "formula",
            "shows_accounts",
            "hides_zero",
            *AUDIT_FIELDS,
        )


class LayoutRowViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """Rows of layouts: headings, accounts, totals by formula."""

    serializer_class = LayoutRowSerializer
    resource_class = LayoutRowResource
    create_service = staticmethod(create_layout_row)
    update_service = staticmethod(update_layout_row)
    takes_reason = True
    filterset_fields = ("layout", "kind", "code")
    ordering = "position"
    ordering_fields = ("id", "position")
