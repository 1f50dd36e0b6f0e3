from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.crm.models import Contact, CustomerProfile, OutcomeReason, Segment, SellerLimit
from apps.crm.resources import ContactResource, OutcomeReasonResource, SegmentResource


class OutcomeReasonSerializer(StrictModelSerializer):
    class Meta:
        model = OutcomeReason
        fields = (*MASTER_DATA_FIELDS, "outcome", *AUDIT_FIELDS)


class OutcomeReasonViewSet(MasterDataViewSet):
    """Why business is won or lost."""

    serializer_class = OutcomeReasonSerializer
    resource_class = OutcomeReasonResource
    filterset_fields = ("code", "is_active", "outcome")


class SegmentSerializer(StrictModelSerializer):
    class Meta:
        model = Segment
        fields = (*MASTER_DATA_FIELDS, *AUDIT_FIELDS)


class SegmentViewSet(MasterDataViewSet):
    """Customers that are treated alike in prices."""

    serializer_class = SegmentSerializer
    resource_class = SegmentResource
    filterset_fields = ("code", "is_active")


class CustomerProfileSerializer(StrictModelSerializer):
    class Meta:
        model = CustomerProfile
        fields = ("id", "company", "partner", "segment", "owner", "note", *AUDIT_FIELDS)


class CustomerProfileViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """What sales knows of a partner: segment, who looks after them."""

    serializer_class = CustomerProfileSerializer
    filterset_fields = ("partner", "segment", "owner")
    ordering = "id"
    ordering_fields = ("id",)


class ContactSerializer(StrictModelSerializer):
    class Meta:
        model = Contact
        fields = (
            *MASTER_DATA_FIELDS,
            "partner",
            "role",
            "email",
            "phone",
            "language",
            "is_primary",
            *AUDIT_FIELDS,
        )


class ContactViewSet(MasterDataViewSet):
    """People at partners."""

    serializer_class = ContactSerializer
    resource_class = ContactResource
    filterset_fields = ("code", "is_active", "partner", "email")


class SellerLimitSerializer(StrictModelSerializer):
    class Meta:
        model = SellerLimit
        fields = ("id", "company", "user", "max_discount_percent", *AUDIT_FIELDS)


class SellerLimitViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """The discount each seller may give alone."""

    serializer_class = SellerLimitSerializer
    filterset_fields = ("user",)
    ordering = "id"
    ordering_fields = ("id",)
