from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.master_data import MasterDataAdmin
from apps.masterdata.models import Partner
from apps.masterdata.resources import PartnerResource


@admin.register(Partner)
class PartnerAdmin(MasterDataAdmin):
    resource_class = PartnerResource
    list_display = (
        "code",
        "name",
        "is_customer",
        "is_supplier",
        "currency",
        "country",
        "company",
        "is_active",
    )
    list_filter = ("is_customer", "is_supplier", "is_carrier", "is_active")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    "code",
                    "name",
                    ("is_customer", "is_supplier", "is_carrier"),
                    "currency",
                    ("payment_days", "payment_terms"),
                    ("tax_number", "registration_number"),
                    ("electronic_address", "electronic_address_scheme"),
                    "language",
                    "is_active",
                )
            },
        ),
        (
            _("Contact"),
            {
                "classes": ("tab",),
                "fields": (("email", "phone"), "address", "delivery_address", "country"),
            },
        ),
    )
