from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.masterdata.models import Area, Machine, WorkCentre, WorkCentreRate
from apps.masterdata.resources import AreaResource, MachineResource, WorkCentreResource


class AreaSerializer(StrictModelSerializer):
    class Meta:
        model = Area
        fields = (*MASTER_DATA_FIELDS, "site", *AUDIT_FIELDS)


class AreaViewSet(MasterDataViewSet):
    serializer_class = AreaSerializer
    resource_class = AreaResource
    filterset_fields = ("code", "is_active", "site")


class WorkCentreSerializer(StrictModelSerializer):
    class Meta:
        model = WorkCentre
        fields = (
            *MASTER_DATA_FIELDS,
            "site",
            "area",
            "labour_by_badge",
            "needs_material",
            *AUDIT_FIELDS,
        )


class WorkCentreViewSet(MasterDataViewSet):
    serializer_class = WorkCentreSerializer
    resource_class = WorkCentreResource
    filterset_fields = ("code", "is_active", "site", "area")


class WorkCentreRateSerializer(StrictModelSerializer):
    class Meta:
        model = WorkCentreRate
        fields = (
            "id",
            "company",
            "work_centre",
            "effective_from",
            "labour_rate",
            "machine_rate",
            *AUDIT_FIELDS,
        )


class WorkCentreRateViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Cost per hour in the company's currency, from a day on."""

    serializer_class = WorkCentreRateSerializer
    filterset_fields = {"work_centre": ["exact"], "effective_from": ["exact", "gte", "lte"]}
    ordering_fields = ("id", "effective_from")


class MachineSerializer(StrictModelSerializer):
    class Meta:
        model = Machine
        fields = (*MASTER_DATA_FIELDS, "site", "work_centre", "ideal_cycle_seconds", *AUDIT_FIELDS)


class MachineViewSet(MasterDataViewSet):
    serializer_class = MachineSerializer
    resource_class = MachineResource
    filterset_fields = ("code", "is_active", "site", "work_centre")
