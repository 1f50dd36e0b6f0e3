from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import DateReasonForm
from apps.core.admin.links import Link, admin_row_link
from apps.execution.models import MaterialIssue
from apps.execution.services.reversals import reverse_material_issue


@admin.register(MaterialIssue)
class MaterialIssueAdmin(DocumentAdmin):
    list_display = ("number", "status_label", "work_order", "date", "employee", "company")
    list_filter = ("status", "date")
    search_fields = ("number", "work_order__number")
    verbs = (
        Verb(
            "reverse",
            _("Reverse"),
            "execution.reverse_materialissue",
            reverse_material_issue,
            (MaterialIssue.Status.POSTED,),
            form=DateReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: MaterialIssue) -> list[Link]:
        return [admin_row_link(document.work_order), *super().links_of(request, document)]
