from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.fields import ChoiceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.models import Company, User
from apps.hr.models import (
    PayComponent,
    PayFormula,
    PayInput,
    PayStructure,
    PayStructureComponent,
    PayTable,
    PayTableRow,
)
from apps.hr.resources import PayComponentResource, PayTableRowResource
from apps.hr.services.countries import country_names, load_country
from apps.hr.services.pay_components import (
    NewFormula,
    change_component,
    change_structure,
    save_component,
    save_structure,
)
from apps.hr.services.pay_tables import change_pay_table, save_pay_table


class PayFormulaSerializer(StrictModelSerializer):
    class Meta:
        model = PayFormula
        fields = ("effective_from", "base_formula", "formula")


class PayComponentSerializer(StrictModelSerializer):
    formulas = PayFormulaSerializer(many=True)

    class Meta:
        model = PayComponent
        fields = (
            *MASTER_DATA_FIELDS,
            "kind",
            "sequence",
            "account_role",
            "distribution",
            "decimal_places",
            "rounding",
            "is_shown",
            "formulas",
            *AUDIT_FIELDS,
        )


class PayComponentViewSet(MasterDataViewSet):
    """Lines of pay slips with their formulas by day. A change that can't be run is refused."""

    serializer_class = PayComponentSerializer
    resource_class = PayComponentResource
    prefetch_related = ("formulas",)
    filterset_fields = ("code", "is_active", "kind")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> PayComponent:
        formulas = [NewFormula(**row) for row in values.pop("formulas")]
        return save_component(formulas=formulas, by=by, reason=reason, **values)

    def perform_update(
        self,
        row: PayComponent,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> PayComponent:
        given = values.pop("formulas", None)
        formulas = None if given is None else [NewFormula(**new) for new in given]
        return change_component(
            row, formulas=formulas, version=version, by=by, reason=reason, **values
        )


class PayTableRowSerializer(StrictModelSerializer):
    class Meta:
        model = PayTableRow
        fields = ("effective_from", "key", "above", "amount", "percent")


class PayTableSerializer(StrictModelSerializer):
    rows = PayTableRowSerializer(many=True)

    class Meta:
        model = PayTable
        fields = (*MASTER_DATA_FIELDS, "rows", *AUDIT_FIELDS)


class PayTableViewSet(MasterDataViewSet):
    """Tax tables. ``import/`` adds brackets, so that next year's version is one file."""

    serializer_class = PayTableSerializer
    resource_class = PayTableRowResource
    prefetch_related = ("rows",)
    filterset_fields = ("code", "is_active")
    create_service = staticmethod(save_pay_table)
    update_service = staticmethod(change_pay_table)
    export = None


class PayStructureComponentSerializer(StrictModelSerializer):
    class Meta:
        model = PayStructureComponent
        fields = ("component",)


class PayInputSerializer(StrictModelSerializer):
    class Meta:
        model = PayInput
        fields = ("code", "label", "default")


class PayStructureSerializer(StrictModelSerializer):
    components = PayStructureComponentSerializer(many=True)
    inputs = PayInputSerializer(many=True, required=False)

    class Meta:
        model = PayStructure
        fields = (
            *MASTER_DATA_FIELDS,
            "country",
            "frequency",
            "components",
            "inputs",
            *AUDIT_FIELDS,
        )


class CountryInput(StrictSerializer):
    company = CompanyField()
    country = ChoiceField(country_names())


class CountryOutput(serializers.Serializer):
    structures = serializers.ListField(child=serializers.CharField())


class PayStructureViewSet(MasterDataViewSet):
    """What makes up the pay of a kind of contract."""

    serializer_class = PayStructureSerializer
    prefetch_related = ("components__component", "inputs")
    filterset_fields = ("code", "is_active", "country", "frequency")
    import_file = None
    export = None

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> PayStructure:
        components = [row["component"] for row in values.pop("components")]
        return save_structure(components=components, by=by, reason=reason, **values)

    def perform_update(
        self,
        row: PayStructure,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> PayStructure:
        given = values.pop("components", None)
        components = None if given is None else [line["component"] for line in given]
        return change_structure(
            row, components=components, version=version, by=by, reason=reason, **values
        )

    @verb(
        permission="hr.add_paystructure",
        serializer=CountryInput,
        response=CountryOutput,
        detail=False,
        status=201,
    )
    def load_country(self, *, company: Company, country: str, by: User) -> Any:
        """Tables, components and structures of a country, to use or to change."""
        return {"structures": sorted(load_country(company, country, by=by))}
