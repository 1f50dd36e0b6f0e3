from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import LedgerAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.links import Link
from apps.core.links import link_to
from apps.crm.admin.bases import PlainDocumentAdmin
from apps.crm.admin.forms import OutcomeTextForm
from apps.crm.models import Activity, EmailLog
from apps.crm.services.activities import cancel_activity, finish_activity, update_activity

Status = Activity.Status


@admin.register(Activity)
class ActivityAdmin(PlainDocumentAdmin):
    """They are planned from the document that they are about."""

    can_add = False
    update = staticmethod(update_activity)
    editable_statuses = (Status.PLANNED,)
    list_display = (
        "number",
        "status_label",
        "kind",
        "subject",
        "partner",
        "due_date",
        "owner",
        "company",
    )
    list_filter = ("status", "kind", "owner", "due_date", "partner")
    search_fields = ("number", "subject", "partner__code", "partner__name")
    readonly_fields = ("number", "partner", "done_at", "outcome")
    ordering = ("-due_date", "-id")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("number", "partner"),
                    ("kind", "subject"),
                    ("due_date", "owner"),
                    "note",
                    ("done_at", "outcome"),
                )
            },
        ),
    )
    verbs = (
        Verb(
            "finish",
            _("Done"),
            "crm.change_activity",
            finish_activity,
            (Status.PLANNED,),
            form=OutcomeTextForm,
        ),
        Verb(
            "cancel",
            _("Drop"),
            "crm.change_activity",
            cancel_activity,
            (Status.PLANNED,),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: Activity) -> list[Link]:
        about = link_to(document.target_type_id, document.target_id)
        first = [Link(about.label, about.url, "link")] if about.url else []
        return [*first, *super().links_of(request, document)]


@admin.register(EmailLog)
class EmailLogAdmin(LedgerAdmin):
    list_display = (
        "created_at",
        "direction",
        "subject",
        "sender",
        "recipients",
        "partner",
        "created_by",
        "company",
    )
    list_filter = ("direction", "created_at", "partner")
    search_fields = ("subject", "sender", "recipients")
    ordering = ("-id",)
