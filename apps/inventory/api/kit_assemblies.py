from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.inventory.api.stock_documents import ReverseInput
from apps.inventory.models import KitAssembly, KitComponent
from apps.inventory.services.kit_assemblies import (
    Component,
    cancel_kit_assembly,
    change_kit_assembly,
    draft_kit_assembly,
    post_kit_assembly,
    reverse_kit_assembly,
)


class KitComponentSerializer(StrictModelSerializer):
    """For one kit; ``value`` is what all of it was worth, once posted."""

    class Meta:
        model = KitComponent
        fields = ("id", "item", "quantity", "lot_code", "location", "value")
        read_only_fields = ("value",)


class KitAssemblySerializer(StrictModelSerializer):
    components = KitComponentSerializer(many=True, allow_empty=False)

    class Meta:
        model = KitAssembly
        fields = (
            "id",
            "company",
            "number",
            "status",
            "kind",
            "site",
            "date",
            "item",
            "quantity",
            "lot_code",
            "location",
            "value",
            "note",
            "components",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "value")


class KitAssemblyViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Kits put together from components, or taken apart, with their value to the cent."""

    serializer_class = KitAssemblySerializer
    prefetch_related = ("components__item", "components__location")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "kind": ["exact"],
        "site": ["exact"],
        "item": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")
    search_fields = ("number", "note")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> KitAssembly:
        components = [Component(**line) for line in values.pop("components")]
        return draft_kit_assembly(components=components, by=by, **values)

    def perform_update(
        self,
        row: KitAssembly,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> KitAssembly:
        given = values.pop("components", None)
        components = None if given is None else [Component(**line) for line in given]
        return change_kit_assembly(row, components=components, version=version, by=by, **values)

    @verb(permission="inventory.post_kitassembly")
    def post(self, assembly: KitAssembly, *, by: User) -> KitAssembly:
        return post_kit_assembly(assembly, by=by)

    @verb(permission="inventory.reverse_kitassembly", serializer=ReverseInput)
    def reverse(
        self, assembly: KitAssembly, *, date: datetime.date, reason: str, by: User
    ) -> KitAssembly:
        return reverse_kit_assembly(assembly, date=date, reason=reason, by=by)

    @verb(permission="inventory.change_kitassembly")
    def cancel(self, assembly: KitAssembly, *, by: User) -> KitAssembly:
        return cancel_kit_assembly(assembly, by=by)
