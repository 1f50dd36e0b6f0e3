from __future__ import annotations

import datetime

from apps.core.api.bases import CompanyViewSet, DocumentViewSet, MasterDataViewSet
from apps.core.api.imports import ImportActions
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.finance.allocation_resources import (
    AllocationCycleResource,
    StatisticalKeyResource,
    StatisticalValueResource,
)
from apps.finance.api.periods import ReasonInput
from apps.finance.api.vouchers import ReverseInput
from apps.finance.models import (
    AllocationCycle,
    AllocationLine,
    AllocationReceiver,
    AllocationRun,
    AllocationSender,
    StatisticalKey,
    StatisticalValue,
)
from apps.finance.services.allocation_cycles import (
    create_cycle,
    create_receiver,
    create_sender,
    update_cycle,
    update_receiver,
    update_sender,
)
from apps.finance.services.allocation_runs import (
    cancel_allocation,
    post_allocation,
    propose_allocation,
    reverse_allocation,
)


class StatisticalKeySerializer(StrictModelSerializer):
    class Meta:
        model = StatisticalKey
        fields = (*MASTER_DATA_FIELDS, "unit", "is_summed", *AUDIT_FIELDS)


class StatisticalKeyViewSet(MasterDataViewSet):
    """What cost is shared by beside money."""

    serializer_class = StatisticalKeySerializer
    resource_class = StatisticalKeyResource
    filterset_fields = ("code", "is_active")


class StatisticalValueSerializer(StrictModelSerializer):
    class Meta:
        model = StatisticalValue
        fields = ("id", "company", "key", "cost_object", "date", "value", *AUDIT_FIELDS)


class StatisticalValueViewSet(ImportActions, CreateMixin, UpdateMixin, CompanyViewSet):
    """Values of keys for cost objects."""

    serializer_class = StatisticalValueSerializer
    resource_class = StatisticalValueResource
    filterset_fields = {
        "key": ["exact"],
        "cost_object": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")


class AllocationCycleSerializer(StrictModelSerializer):
    class Meta:
        model = AllocationCycle
        fields = (*MASTER_DATA_FIELDS, "method", "account", *AUDIT_FIELDS)


class AllocationCycleViewSet(MasterDataViewSet):
    """Cost objects that send their cost on together."""

    serializer_class = AllocationCycleSerializer
    resource_class = AllocationCycleResource
    create_service = staticmethod(create_cycle)
    update_service = staticmethod(update_cycle)
    filterset_fields = ("code", "is_active", "method")


class AllocationSenderSerializer(StrictModelSerializer):
    class Meta:
        model = AllocationSender
        fields = (
            "id",
            "company",
            "cycle",
            "position",
            "cost_object",
            "account",
            "basis",
            "key",
            "basis_account",
            "is_active",
            *AUDIT_FIELDS,
        )


class AllocationSenderViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Who sends cost on, and what it is shared by."""

    serializer_class = AllocationSenderSerializer
    create_service = staticmethod(create_sender)
    update_service = staticmethod(update_sender)
    takes_reason = True
    filterset_fields = ("cycle", "cost_object", "basis", "is_active")
    ordering_fields = ("id", "position")


class AllocationReceiverSerializer(StrictModelSerializer):
    class Meta:
        model = AllocationReceiver
        fields = ("id", "company", "sender", "cost_object", "share", *AUDIT_FIELDS)


class AllocationReceiverViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Who gets cost of a sender."""

    serializer_class = AllocationReceiverSerializer
    create_service = staticmethod(create_receiver)
    update_service = staticmethod(update_receiver)
    takes_reason = True
    filterset_fields = ("sender", "cost_object")
    ordering_fields = ("id",)


class AllocationLineSerializer(StrictModelSerializer):
    class Meta:
        model = AllocationLine
        fields = ("sender", "receiver", "amount")
        read_only_fields = fields


class AllocationRunSerializer(StrictModelSerializer):
    lines = AllocationLineSerializer(many=True, read_only=True)

    class Meta:
        model = AllocationRun
        fields = (
            "id",
            "company",
            "number",
            "status",
            "cycle",
            "period",
            "total",
            "entry",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "total", "entry")


class AllocationRunViewSet(CreateMixin, DocumentViewSet):
    """``POST`` proposes what a cycle sends in a month."""

    serializer_class = AllocationRunSerializer
    create_service = staticmethod(propose_allocation)
    prefetch_related = ("lines",)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "cycle": ["exact"],
        "period": ["exact"],
    }
    ordering_fields = ("id", "number")

    @verb(permission="finance.post_allocationrun")
    def post(self, run: AllocationRun, *, by: User) -> AllocationRun:
        """Post the proposal on the last day of its month."""
        return post_allocation(run, by=by)

    @verb(permission="finance.reverse_allocationrun", serializer=ReverseInput)
    def reverse(
        self, run: AllocationRun, *, date: datetime.date, reason: str, by: User
    ) -> AllocationRun:
        return reverse_allocation(run, date=date, reason=reason, by=by)

    @verb(permission="finance.change_allocationrun", serializer=ReasonInput)
    def cancel(self, run: AllocationRun, *, reason: str, by: User) -> AllocationRun:
        return cancel_allocation(run, reason=reason, by=by)
