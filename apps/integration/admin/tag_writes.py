from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.admin.documents import DocumentAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.integration.models import TagWrite
from apps.integration.services.tag_writes import LONGEST_VALUE, LONGEST_WHY

WRITES = "integration.write_machinetag"


class WriteForm(forms.Form):
    """What to write to a machine, and why."""

    value = forms.CharField(
        label=_("Value"), max_length=LONGEST_VALUE, widget=UnfoldAdminTextInputWidget()
    )
    why = forms.CharField(
        label=_("Why"), max_length=LONGEST_WHY, widget=UnfoldAdminTextInputWidget()
    )


@admin.register(TagWrite)
class TagWriteAdmin(DocumentAdmin):
    """What was written to machines, by whom, why, and what they answered."""

    editable_statuses = ()
    list_display = (
        "created_at",
        "tag",
        "value",
        "status_label",
        "created_by",
        "why",
        "answer",
        "company",
    )
    list_filter = ("status", "tag__connection", "created_at")
    search_fields = ("tag__path", "why", "value")
    list_select_related = ("tag", "created_by", "company")
    fields = (
        "company",
        ("tag", "value"),
        "why",
        ("created_by", "created_at"),
        ("sent_at", "answered_at"),
        "answer",
    )
    readonly_fields = ("created_by", "created_at", "sent_at", "answered_at", "answer")

    def links_of(self, request: Any, document: TagWrite) -> list[Link]:
        return [admin_row_link(document.tag), *super().links_of(request, document)]
