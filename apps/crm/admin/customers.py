from __future__ import annotations

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.master_data import MasterDataAdmin
from apps.crm.models import Contact, CustomerProfile, OutcomeReason, Segment, SellerLimit
from apps.crm.resources import ContactResource, OutcomeReasonResource, SegmentResource


@admin.register(OutcomeReason)
class OutcomeReasonAdmin(MasterDataAdmin):
    resource_class = OutcomeReasonResource
    list_display = ("code", "name", "outcome", "company", "is_active")
    list_filter = ("outcome", "is_active")
    fields = ("company", "code", "name", "outcome", "is_active")


@admin.register(Segment)
class SegmentAdmin(MasterDataAdmin):
    resource_class = SegmentResource
    fields = ("company", "code", "name", "is_active")


@admin.register(CustomerProfile)
class CustomerProfileAdmin(CompanyModelAdmin):
    list_display = ("partner", "segment", "owner", "company")
    list_filter = ("segment", "owner")
    search_fields = ("partner__code", "partner__name")
    autocomplete_fields = ("partner", "segment")
    fields = ("company", "partner", "segment", "owner", "note")
    ordering = ("partner",)


@admin.register(Contact)
class ContactAdmin(MasterDataAdmin):
    resource_class = ContactResource
    list_display = (
        "code",
        "name",
        "partner",
        "role",
        "email",
        "phone",
        "is_primary",
        "company",
        "is_active",
    )
    list_filter = ("is_active", "partner")
    search_fields = ("code", "name", "email", "partner__code", "partner__name")
    autocomplete_fields = ("partner",)
    fields = (
        "company",
        ("code", "name"),
        ("partner", "role"),
        ("email", "phone"),
        ("language", "is_primary"),
        "is_active",
    )


@admin.register(SellerLimit)
class SellerLimitAdmin(CompanyModelAdmin):
    list_display = ("user", "max_discount_percent", "company")
    fields = ("company", "user", "max_discount_percent")
    ordering = ("user",)
