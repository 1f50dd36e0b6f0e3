from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.bases import LedgerViewSet, MasterDataViewSet
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.masterdata.api.items import ItemSerializer
from apps.masterdata.models import (
    Item,
    ItemTemplate,
    ItemVariant,
    TemplateAttribute,
    VariantAttribute,
    VariantValue,
)
from apps.masterdata.services.item_templates import (
    MOST_VARIANTS,
    NewValue,
    change_item_template,
    change_variant_attribute,
    create_item_template,
    create_variant_attribute,
    generate_variants,
)
from apps.masterdata.variant_resources import ItemTemplateResource, VariantAttributeResource


class VariantValueSerializer(StrictModelSerializer):
    class Meta:
        model = VariantValue
        fields = ("code", "name", "position")


class VariantAttributeSerializer(StrictModelSerializer):
    values = VariantValueSerializer(many=True)

    class Meta:
        model = VariantAttribute
        fields = (*MASTER_DATA_FIELDS, "values", *AUDIT_FIELDS)


class VariantAttributeViewSet(MasterDataViewSet):
    """What variants differ by, with its values."""

    serializer_class = VariantAttributeSerializer
    resource_class = VariantAttributeResource
    prefetch_related = ("values",)
    filterset_fields = ("code", "is_active")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> VariantAttribute:
        given = [NewValue(**one) for one in values.pop("values")]
        return create_variant_attribute(**values, values=given, by=by, reason=reason)

    def perform_update(
        self,
        row: VariantAttribute,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> VariantAttribute:
        given = values.pop("values", None)
        kept = None if given is None else [NewValue(**one) for one in given]
        return change_variant_attribute(
            row, **values, values=kept, version=version, by=by, reason=reason
        )


class TemplateAttributeSerializer(StrictModelSerializer):
    class Meta:
        model = TemplateAttribute
        fields = ("attribute",)


class ItemTemplateSerializer(StrictModelSerializer):
    attributes = TemplateAttributeSerializer(many=True)

    class Meta:
        model = ItemTemplate
        fields = (*MASTER_DATA_FIELDS, *ItemTemplate.SHARED, "attributes", *AUDIT_FIELDS)


class GenerateInput(StrictSerializer):
    """``chosen``: a value's code for each attribute's code; all combinations without it."""

    chosen = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField(max_length=60)),
        required=False,
        allow_empty=False,
        max_length=MOST_VARIANTS,
    )


class ItemTemplateViewSet(MasterDataViewSet):
    """What all variants of a thing have in common; ``generate`` makes their items."""

    serializer_class = ItemTemplateSerializer
    resource_class = ItemTemplateResource
    prefetch_related = ("attributes__attribute",)
    filterset_fields = ("code", "is_active", "category", "kind")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> ItemTemplate:
        given = [one["attribute"] for one in values.pop("attributes")]
        return create_item_template(**values, attributes=given, by=by, reason=reason)

    def perform_update(
        self,
        row: ItemTemplate,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> ItemTemplate:
        given = values.pop("attributes", None)
        kept = None if given is None else [one["attribute"] for one in given]
        return change_item_template(
            row, **values, attributes=kept, version=version, by=by, reason=reason
        )

    @verb(
        permission="masterdata.add_item",
        serializer=GenerateInput,
        response=ItemSerializer,
        lists=True,
    )
    def generate(
        self, template: ItemTemplate, *, by: User, chosen: list[dict[str, str]] | None = None
    ) -> list[Item]:
        """The items that were missing; those there are stay as they are."""
        return generate_variants(template, chosen=chosen, by=by)


class ItemVariantSerializer(StrictModelSerializer):
    class Meta:
        model = ItemVariant
        fields = ("id", "company", "template", "item")


class ItemVariantViewSet(LedgerViewSet):
    """Which item was made of which template."""

    serializer_class = ItemVariantSerializer
    filterset_fields = ("template", "item")
