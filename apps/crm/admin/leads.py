from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.imports import ImportExportMixin
from apps.core.admin.links import Link, admin_row_link
from apps.crm.admin.bases import TALK, ChainMixin, PlainDocumentAdmin
from apps.crm.admin.forms import ConvertForm, LostForm, MergeForm
from apps.crm.models import Lead
from apps.crm.resources import LeadResource
from apps.crm.services.leads import (
    convert_lead,
    create_lead,
    lose_lead,
    merge_leads,
    qualify_lead,
    reopen_lead,
    update_lead,
)

Status = Lead.Status


@admin.register(Lead)
class LeadAdmin(ChainMixin, ImportExportMixin, PlainDocumentAdmin):
    resource_class = LeadResource
    create = staticmethod(create_lead)
    update = staticmethod(update_lead)
    editable_statuses = (Status.NEW, Status.QUALIFIED)
    list_display = (
        "number",
        "status_label",
        "name",
        "organisation",
        "email",
        "source",
        "owner",
        "created_at",
        "company",
    )
    list_filter = ("status", "source", "owner", "created_at")
    search_fields = ("number", "name", "organisation", "email", "phone")
    autocomplete_fields = ("partner",)
    readonly_fields = ("outcome_reason",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("name", "organisation"),
                    ("email", "phone"),
                    ("country", "source"),
                    ("partner", "owner"),
                    "note",
                    "outcome_reason",
                )
            },
        ),
    )
    verbs = (
        Verb("qualify", _("Qualify"), "crm.convert_lead", qualify_lead, (Status.NEW,)),
        Verb(
            "convert",
            _("Convert"),
            "crm.convert_lead",
            convert_lead,
            (Status.QUALIFIED,),
            form=ConvertForm,
        ),
        Verb(
            "merge",
            _("Merge duplicates"),
            "crm.merge_lead",
            merge_leads,
            (Status.NEW, Status.QUALIFIED),
            form=MergeForm,
        ),
        *TALK,
        Verb(
            "lose",
            _("Lost"),
            "crm.convert_lead",
            lose_lead,
            (Status.NEW, Status.QUALIFIED),
            form=LostForm,
            is_danger=True,
        ),
        Verb(
            "reopen",
            _("Take up again"),
            "crm.convert_lead",
            reopen_lead,
            (Status.LOST,),
            form=ReasonForm,
        ),
    )

    def get_urls(self) -> Any:
        return [*self.import_urls(), *super().get_urls()]

    def links_of(self, request: Any, document: Lead) -> list[Link]:
        links = []
        if document.merged_into is not None:
            links.append(admin_row_link(document.merged_into, icon="merge"))
        links += [admin_row_link(one, icon="merge") for one in document.merged.order_by("pk")[:10]]
        return [*links, *super().links_of(request, document)]
