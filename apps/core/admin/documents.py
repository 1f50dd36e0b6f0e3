"""Documents in the admin: read only after draft, verbs as buttons, links to what came of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.conversations import ConversationMixin
from apps.core.admin.forms import VerbForm
from apps.core.admin.links import Link, admin_list_url
from apps.core.admin.numbers import fewest_places, number_text
from apps.core.admin.printouts import PrintoutsMixin
from apps.core.admin.signing import SignaturesMixin
from apps.core.models import LedgerRow
from apps.core.money import ZERO
from apps.core.queries.registers import registers_with


@dataclass(frozen=True, slots=True)
class Verb:
    """A button on a document: calls ``service(document, by=user, **input of form)``.

    It is shown in ``statuses`` (all when empty) to those who hold ``permission``. With ``form`` or
    ``question`` a page asks first. A refusal is a red message; nothing is written then.
    """

    name: str
    label: Any
    permission: str
    service: Callable[..., Any]
    statuses: tuple[str, ...] = ()
    form: type[VerbForm] | None = None
    question: Any = ""
    is_danger: bool = False

    @property
    def asks(self) -> bool:
        return self.form is not None or bool(self.question)


class DocumentAdmin(SignaturesMixin, ConversationMixin, PrintoutsMixin, CompanyModelAdmin):
    """A document. Set ``verbs``, ``printouts``, ``list_totals``; override ``links_of``."""

    verbs: Sequence[Verb] = ()
    #: Statuses in which its fields may be edited here.
    editable_statuses: tuple[str, ...] = ("draft",)
    #: Numeric columns summed under the list, over all rows that the filters leave.
    list_totals: tuple[str, ...] = ()
    can_add = False
    list_display: Any = ("number", "status_label", "company", "created_at")
    list_filter: Any = ("status",)
    search_fields: Any = ("number",)
    ordering: Any = ("-id",)
    actions: Any = None
    change_form_outer_before_template = "core/admin/document_panel.html"
    list_after_template = "core/admin/list_totals.html"

    @display(description=gettext_lazy("status"), ordering="status", label=True)
    def status_label(self, document: Any) -> str:
        return document.get_status_display()

    # --- what may be edited ----------------------------------------------------------------

    def has_add_permission(self, request: Any) -> bool:
        return self.can_add and super().has_add_permission(request)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        if obj is not None and obj.status not in self.editable_statuses:
            return False
        return super().has_change_permission(request, obj)

    # --- verbs -----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [
            self.add_admin_path("<path:object_id>/verb/<slug:name>/", self.verb_view, "verb"),
            self.print_url(),
            self.add_admin_path("<path:object_id>/sign/", self.sign_view, "sign"),
            *self.conversation_urls(),
            *super().get_urls(),
        ]

    def verbs_for(self, request: Any, document: Any) -> list[Verb]:
        return [
            verb
            for verb in self.verbs
            if request.user.has_perm(verb.permission)
            and (not verb.statuses or document.status in verb.statuses)
        ]

    def verb_view(self, request: Any, object_id: str, name: str) -> HttpResponse:
        """Ask, or act when told so by POST; never by GET."""
        document = self.visible_object(request, object_id)
        verb = next((verb for verb in self.verbs if verb.name == name), None)
        if verb is None:
            raise Http404
        if not request.user.has_perm(verb.permission):
            raise PermissionDenied
        form = None
        if verb.form is not None:
            sent = request.method == "POST"
            form = verb.form(request.POST if sent else None, document=document, user=request.user)
        if request.method == "POST" and (form is None or form.is_valid()):
            given = form.cleaned_data if form is not None else {}
            done = _("{verb}: done.").format(verb=verb.label)
            self.attempt(request, lambda: verb.service(document, by=request.user, **given), done)
            return self.back_to(document)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": document,
            "title": f"{verb.label}: {document}",
            "verb": verb,
            "form": form,
            "back_url": self.admin_url("change", document.pk),
        }
        return TemplateResponse(request, "core/admin/verb.html", context)

    # --- the panel -------------------------------------------------------------------------

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        document = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if document is not None:
            context["panel"] = {
                "status": document.get_status_display(),
                "verbs": [
                    (verb, self.admin_url("verb", document.pk, verb.name))
                    for verb in self.verbs_for(request, document)
                ],
                "links": self.links_of(request, document),
                **self.signature_panel(request, document),
            }
        return super().change_view(request, object_id, form_url, context)

    def links_of(self, request: Any, document: Any) -> list[Link]:
        """Printouts, register rows with this source, history, files. Add parents in front."""
        links = self.printout_links(request, document)
        links += self._register_links(request, document)
        links.append(Link(_("History"), self.admin_url("history", document.pk), "history"))
        url = self.admin_url("conversation", document.pk)
        links.append(Link(_("Files and comments"), url, "forum"))
        return links

    def _register_links(self, request: Any, document: Any) -> list[Link]:
        """Registers that hold rows of ``document``; where no index could tell, those that may."""
        kind = ContentType.objects.get_for_model(document)
        query = f"?source_type__id__exact={kind.pk}&source_id={document.pk}"
        seen = [
            (model, admin)
            for model, admin in self.admin_site._registry.items()
            if issubclass(model, LedgerRow) and admin.has_view_permission(request)
        ]
        holding = registers_with(document, [model for model, _admin in seen])
        return [
            Link(model._meta.verbose_name_plural, admin_list_url(model) + query, "receipt_long")
            for model, admin in seen
            if model in holding or document._meta.label_lower in getattr(admin, "sources", ())
        ]

    # --- totals ----------------------------------------------------------------------------

    def changelist_view(self, request: Any, extra_context: Any = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if self.list_totals and context and "cl" in context:
            sums = (
                context["cl"]
                .queryset.order_by()
                .aggregate(**{name: Sum(name) for name in self.list_totals})
            )
            context["list_totals"] = [
                (
                    field.verbose_name,
                    number_text(sums[field.name] or ZERO, least=fewest_places(field)),
                )
                for field in map(self.model._meta.get_field, self.list_totals)
            ]
        return response
