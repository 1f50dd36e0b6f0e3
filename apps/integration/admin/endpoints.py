from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from apps.core.admin.base import CompanyModelAdmin
from apps.core.errors import BusinessError
from apps.integration.admin.secrets import ShowsSecret
from apps.integration.models import WebhookEndpoint
from apps.integration.services.deliveries import ping_endpoint, replay_events
from apps.integration.services.endpoints import (
    WithSecret,
    create_endpoint,
    resume_endpoint,
    rotate_secret,
    suspend_endpoint,
    update_endpoint,
)


class RangeForm(forms.Form):
    first = forms.IntegerField(
        label=gettext_lazy("From position"), min_value=1, widget=UnfoldAdminIntegerFieldWidget
    )
    last = forms.IntegerField(
        label=gettext_lazy("To position"), min_value=1, widget=UnfoldAdminIntegerFieldWidget
    )


class SuspendForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, widget=UnfoldAdminTextInputWidget
    )


@dataclass(frozen=True, slots=True)
class Act:
    """A button on the page of an endpoint; the page that asks comes first."""

    name: str
    label: Any
    permission: str
    service: Callable[..., Any]
    question: Any
    form: type[forms.Form] | None = None
    is_for: Callable[[WebhookEndpoint], bool] = lambda endpoint: True
    is_danger: bool = False


ACTS = (
    Act(
        "ping",
        gettext_lazy("Send a test message"),
        "integration.ping_webhookendpoint",
        ping_endpoint,
        gettext_lazy("A message of kind integration.ping goes out within seconds."),
    ),
    Act(
        "replay",
        gettext_lazy("Send events again"),
        "integration.replay_webhookendpoint",
        replay_events,
        gettext_lazy("Messages that were sent before keep their message id."),
        form=RangeForm,
    ),
    Act(
        "rotate",
        gettext_lazy("Renew the secret"),
        "integration.rotate_webhookendpoint",
        rotate_secret,
        gettext_lazy("The present secret signs along for 24 hours."),
    ),
    Act(
        "suspend",
        gettext_lazy("Suspend"),
        "integration.resume_webhookendpoint",
        suspend_endpoint,
        gettext_lazy("Nothing is sent until it is resumed; events are kept."),
        form=SuspendForm,
        is_for=lambda endpoint: not endpoint.is_suspended,
        is_danger=True,
    ),
    Act(
        "resume",
        gettext_lazy("Resume"),
        "integration.resume_webhookendpoint",
        resume_endpoint,
        gettext_lazy("What has waited is sent first."),
        is_for=lambda endpoint: endpoint.is_suspended,
    ),
)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ShowsSecret, CompanyModelAdmin):
    """Addresses that are told of events."""

    create_service = staticmethod(create_endpoint)
    update_service = staticmethod(update_endpoint)
    list_display = ("code", "name", "url", "state", "account", "company")
    list_filter = ("is_active",)
    search_fields = ("code", "name", "url")
    ordering = ("code",)
    fields = (
        "company",
        ("code", "name"),
        "url",
        "events",
        "account",
        "is_active",
        "watches_since",
        "suspended_at",
        "suspension_reason",
    )
    change_form_outer_before_template = "integration/admin/endpoint_panel.html"

    @display(
        description=gettext_lazy("state"),
        label={"on": "success", "off": "warning", "suspended": "danger"},
    )
    def state(self, endpoint: WebhookEndpoint) -> tuple[str, Any]:
        if not endpoint.is_active:
            return "off", _("Off")
        return ("suspended", _("Suspended")) if endpoint.is_suspended else ("on", _("On"))

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        kept = ("watches_since", "suspended_at", "suspension_reason")
        return [name for name in self.fields if obj is not None or name not in kept]

    def get_urls(self) -> list[URLPattern]:
        own = self.add_admin_path("<path:object_id>/act/<slug:name>/", self.act_view, "act")
        return [own, *super().get_urls()]

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        endpoint = self.visible_object(request, object_id)
        url = reverse("admin:integration_webhookdelivery_changelist")
        panel = {
            "state": self.state(endpoint)[1],
            "reason": endpoint.suspension_reason,
            "acts": [
                (act, self.admin_url("act", endpoint.pk, act.name))
                for act in ACTS
                if act.is_for(endpoint) and request.user.has_perm(act.permission)
            ],
            "deliveries_url": f"{url}?endpoint__id__exact={endpoint.pk}",
        }
        context = {**(extra_context or {}), "endpoint_panel": panel}
        return super().change_view(request, object_id, form_url, context)

    def act_view(self, request: Any, object_id: str, name: str) -> HttpResponse:
        """Ask, or act when told so by POST; never by GET."""
        endpoint = self.visible_object(request, object_id)
        act = next((act for act in ACTS if act.name == name and act.is_for(endpoint)), None)
        if act is None:
            raise Http404
        if not request.user.has_perm(act.permission):
            raise PermissionDenied
        sent = request.method == "POST"
        form = act.form(request.POST if sent else None) if act.form else None
        if sent and (form is None or form.is_valid()):
            given = form.cleaned_data if form is not None else {}
            try:
                made = act.service(endpoint, by=request.user, **given)
            except BusinessError as error:
                messages.error(request, str(error))
                return self.back_to(endpoint)
            if isinstance(made, WithSecret):
                return self.secret_page(request, endpoint, made.secret)
            messages.success(request, _("{verb}: done.").format(verb=act.label))
            return self.back_to(endpoint)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": endpoint,
            "title": f"{act.label}: {endpoint}",
            "verb": act,
            "form": form,
            "back_url": self.admin_url("change", endpoint.pk),
        }
        return TemplateResponse(request, "core/admin/verb.html", context)
