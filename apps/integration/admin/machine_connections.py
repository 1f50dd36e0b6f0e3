from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget

from apps.core.admin.base import CompanyForm, CompanyModelAdmin, LedgerAdmin
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.imports import ImportExportMixin
from apps.core.admin.links import Link, admin_row_link
from apps.integration.admin.tag_writes import WRITES, WriteForm
from apps.integration.machine_resources import MachineTagResource
from apps.integration.models import (
    ConnectionState,
    MachineConnection,
    MachineTag,
    QuarantinedReading,
    TagState,
)
from apps.integration.services.machine_connections import (
    ALLOWS_WRITING,
    LONGEST_PASSWORD,
    create_machine_connection,
    create_machine_tag,
    update_machine_connection,
    update_machine_tag,
)
from apps.integration.services.replays import dismiss_quarantined, replay_quarantined
from apps.integration.services.tag_writes import ask_tag_write

_REPLAY = "integration.replay_quarantinedreading"
Status = QuarantinedReading.Status


class MachineConnectionForm(CompanyForm):
    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Empty: the present one stays."),
    )


@admin.register(MachineConnection)
class MachineConnectionAdmin(CompanyModelAdmin):
    """Ways to machines; how each stands is read from its state."""

    form = MachineConnectionForm
    create_service = staticmethod(create_machine_connection)
    update_service = staticmethod(update_machine_connection)
    list_display = ("code", "name", "protocol", "address", "standing", "company", "is_active")
    list_filter = ("protocol", "is_active")
    search_fields = ("code", "name", "address")
    list_select_related = ("state", "company")
    fields = (
        "company",
        ("code", "name"),
        ("protocol", "account"),
        "address",
        "topic",
        ("username", "password"),
        "is_active",
        "standing_text",
    )
    readonly_fields = ("standing_text",)

    @display(description=_("state"))
    def standing_text(self, row: MachineConnection) -> Any:
        return self._standing(row)[1]

    @display(description=_("state"), label={True: "success", False: "warning"})
    def standing(self, row: MachineConnection) -> tuple[bool, Any]:
        return self._standing(row)

    @staticmethod
    def _standing(row: MachineConnection) -> tuple[bool, Any]:
        state = getattr(row, "state", None)
        if state is None:
            return False, _("Nothing heard yet")
        if state.is_online:
            return True, _("Online")
        return False, f"{_('Offline')}: {state.detail}" if state.detail else _("Offline")

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        request._password = form.cleaned_data.get("password", "")
        super().save_model(request, obj, form, change)

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> Any:
        return create_machine_connection(
            **values, password=request._password, by=request.user, reason=reason
        )

    def perform_update(self, request: Any, row: Any, values: dict[str, Any], reason: str) -> Any:
        stored = self.get_queryset(request).get(pk=row.pk)
        return update_machine_connection(
            stored, **values, password=request._password, by=request.user, reason=reason
        )


@admin.register(MachineTag)
class MachineTagAdmin(ImportExportMixin, CompanyModelAdmin):
    """What each signal means."""

    resource_class = MachineTagResource
    create_service = staticmethod(create_machine_tag)
    update_service = staticmethod(update_machine_tag)
    list_display = (
        "path",
        "connection",
        "machine",
        "role",
        "per_count",
        "is_writable",
        "company",
    )
    list_filter = ("connection", "role", "is_writable", "machine")
    search_fields = ("path", "machine__code")
    fields = (
        "company",
        ("connection", "path"),
        ("machine", "role"),
        "states",
        ("per_count", "rolls_over_at"),
        "scrap_reason",
        ("is_writable", "written_as"),
        ("lowest", "highest"),
    )
    actions_detail = ("write",)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """What may be written is shown to all, and said by those who may."""
        fixed = tuple(super().get_readonly_fields(request, obj))
        if request.user.has_perm(ALLOWS_WRITING):
            return fixed
        return (*fixed, "is_writable", "written_as", "lowest", "highest")

    @action(description=_("Write value"), url_path="write", permissions=["write"])
    def write(self, request: Any, object_id: str) -> HttpResponse:
        """Ask, or act when told so by POST; never by GET."""
        tag = self.visible_object(request, object_id)
        form = WriteForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            asked = gettext("Asked: what comes of it is in the list of written values.")
            self.attempt(request, lambda: ask_tag_write(tag, by=request.user, **given), asked)
            return self.back_to(tag)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": tag,
            "title": gettext("Write to {signal}").format(signal=tag.path),
            "verb": {"label": gettext("Write value")},
            "form": form,
            "back_url": self.admin_url("change", tag.pk),
        }
        return TemplateResponse(request, "core/admin/verb.html", context)

    def has_write_permission(self, request: Any, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(WRITES))


@admin.register(TagState)
class TagStateAdmin(LedgerAdmin):
    """What signals say now."""

    list_display = ("tag", "last_value", "last_at", "company")
    list_filter = ("tag__connection", "tag__role", "tag__machine")
    search_fields = ("tag__path",)
    list_select_related = ("tag", "company")
    fields = ("company", "tag", "last_value", "last_at")
    admin_hidden = True


@admin.register(ConnectionState)
class ConnectionStateAdmin(LedgerAdmin):
    """Since when a connection stands or is lost."""

    list_display = ("connection", "is_online", "changed_at", "last_heard_at", "detail", "company")
    list_filter = ("is_online",)
    list_select_related = ("connection", "company")
    fields = (
        "company",
        "connection",
        ("is_online", "changed_at"),
        "last_heard_at",
        "detail",
        ("instance_id", "next_sequence"),
    )
    admin_hidden = True


@admin.register(QuarantinedReading)
class QuarantinedReadingAdmin(DocumentAdmin):
    """What could not be used: see why, mend it, play it again."""

    list_display = (
        "occurred_at",
        "path",
        "code",
        "detail",
        "status_label",
        "times",
        "connection",
        "company",
    )
    list_filter = ("status", "code", "connection")
    search_fields = ("path", "detail")
    list_select_related = ("connection", "company")
    fields = (
        "company",
        "connection",
        ("path", "occurred_at"),
        ("code", "times"),
        "detail",
        "payload",
    )
    verbs = (
        Verb("replay", _("Play again"), _REPLAY, replay_quarantined, (Status.WAITING,)),
        Verb(
            "dismiss",
            _("Dismiss"),
            _REPLAY,
            dismiss_quarantined,
            (Status.WAITING,),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def has_add_permission(self, request: Any) -> bool:
        return False

    def links_of(self, request: Any, document: QuarantinedReading) -> list[Link]:
        return [admin_row_link(document.connection), *super().links_of(request, document)]
