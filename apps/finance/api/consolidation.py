from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.bases import CompanyViewSet, MasterDataViewSet
from apps.core.api.imports import ImportActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import Company, User
from apps.finance.consolidation_resources import (
    ConsolidationGroupResource,
    GroupAccountResource,
)
from apps.finance.models import (
    AverageRate,
    ConsolidationGroup,
    GroupAccount,
    GroupMargin,
    GroupMember,
    IntercompanyPartner,
    Invoice,
)
from apps.finance.services.group_terms import (
    add_group_account,
    add_margin,
    change_group_account,
    change_margin,
)
from apps.finance.services.intercompany import (
    add_member,
    change_flag,
    change_member,
    create_average_rate,
    flag_partner,
    mirror_invoice,
)


class ReachField(ReferenceField):
    """A company that the caller may enter, whichever the request acts in."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("model", None)
        super().__init__(Company, **kwargs)

    @property
    def key(self) -> tuple[Any, ...]:
        return self.model, "reach"

    def candidates(self, user: Any, company: Company | None) -> Any:
        return Company.objects.filter(pk__in=[one.company_id for one in user.reach])


class ConsolidationGroupSerializer(StrictModelSerializer):
    class Meta:
        model = ConsolidationGroup
        fields = (*MASTER_DATA_FIELDS, *AUDIT_FIELDS)


class ConsolidationGroupViewSet(MasterDataViewSet):
    """Groups of companies, shown as one in the currency of the company that owns them."""

    serializer_class = ConsolidationGroupSerializer
    resource_class = ConsolidationGroupResource
    filterset_fields = ("code", "is_active")


class GroupMemberSerializer(StrictModelSerializer):
    member = ReachField()

    class Meta:
        model = GroupMember
        fields = (
            "id",
            "company",
            "group",
            "member",
            "share",
            "has_own_chart",
            "is_active",
            *AUDIT_FIELDS,
        )


class GroupMemberViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Companies of a group, and how much of each it holds."""

    serializer_class = GroupMemberSerializer
    create_service = staticmethod(add_member)
    update_service = staticmethod(change_member)
    takes_reason = True
    filterset_fields = ("group", "is_active")
    ordering_fields = ("id",)


class GroupAccountSerializer(StrictModelSerializer):
    member = ReachField()

    class Meta:
        model = GroupAccount
        fields = ("id", "company", "group", "member", "account_code", "account", *AUDIT_FIELDS)


class GroupAccountViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """What accounts of members with a chart of their own are called in the group."""

    serializer_class = GroupAccountSerializer
    resource_class = GroupAccountResource
    create_service = staticmethod(add_group_account)
    update_service = staticmethod(change_group_account)
    takes_reason = True
    filterset_fields = ("group", "account_code", "account")
    ordering_fields = ("id", "account_code")


class GroupMarginSerializer(StrictModelSerializer):
    seller = ReachField()
    buyer = ReachField()

    class Meta:
        model = GroupMargin
        fields = ("id", "company", "group", "seller", "buyer", "margin", *AUDIT_FIELDS)


class GroupMarginViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """What members earn on what they sell each other, where their cost can't be traced."""

    serializer_class = GroupMarginSerializer
    create_service = staticmethod(add_margin)
    update_service = staticmethod(change_margin)
    takes_reason = True
    filterset_fields = ("group",)
    ordering_fields = ("id",)


class IntercompanyPartnerSerializer(StrictModelSerializer):
    counterpart = ReachField()

    class Meta:
        model = IntercompanyPartner
        fields = ("id", "company", "partner", "counterpart", "account", *AUDIT_FIELDS)


class MirrorInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    invoice = ReferenceField(Invoice)


class MirrorOutput(serializers.Serializer):
    """A draft in the books of the other company."""

    company = serializers.CharField()
    bill = serializers.IntegerField()
    reference = serializers.CharField()


class IntercompanyPartnerViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Partners that are companies of ours."""

    serializer_class = IntercompanyPartnerSerializer
    create_service = staticmethod(flag_partner)
    update_service = staticmethod(change_flag)
    takes_reason = True
    filterset_fields = ("partner",)
    ordering_fields = ("id",)

    @verb(
        permission="finance.add_invoice",
        serializer=MirrorInput,
        response=MirrorOutput,
        detail=False,
        status=201,
    )
    def mirror(self, *, company: Company, invoice: Invoice, by: User) -> dict[str, Any]:
        """The bill of a posted invoice in the books of the company it went to, as a draft."""
        bill = mirror_invoice(invoice, by=by)
        return {"company": bill.company.code, "bill": bill.pk, "reference": bill.reference}


class AverageRateSerializer(StrictModelSerializer):
    class Meta:
        model = AverageRate
        fields = ("id", "company", "currency", "starts_on", "ends_on", "rate", *AUDIT_FIELDS)


class AverageRateViewSet(CreateMixin, CompanyViewSet):
    """Average rates of foreign currencies, for income and cost of members."""

    serializer_class = AverageRateSerializer
    create_service = staticmethod(create_average_rate)
    takes_reason = True
    filterset_fields = {
        "currency": ["exact"],
        "starts_on": ["exact", "gte", "lte"],
        "ends_on": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "starts_on")
