"""What the documents of the sales chain share in the admin: chain, activities, e-mails."""

from __future__ import annotations

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from apps.core.admin.base import CompanyInline, _seen_version
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.crm.admin.forms import ActivityForm, EmailForm
from apps.crm.models import Activity
from apps.crm.queries.chain import chain_of, target_filter
from apps.crm.services.activities import plan_activity
from apps.crm.services.emails import send_email

MOST_ACTIVITIES = 5
TALK = (
    Verb(
        "activity",
        gettext_lazy("Plan an activity"),
        "crm.add_activity",
        plan_activity,
        form=ActivityForm,
    ),
    Verb("email", gettext_lazy("Send an e-mail"), "crm.add_emaillog", send_email, form=EmailForm),
)


class ChainMixin:
    """Links to the documents before and after, and to what is still to be done about this one."""

    def links_of(self, request: Any, document: Any) -> list[Link]:
        links = []
        if getattr(document, "partner", None) is not None:
            links.append(admin_row_link(document.partner))
        for row in chain_of(document):
            if type(row) is type(document) and row.pk == document.pk:
                continue
            opts = row._meta
            if request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
                label = f"{capfirst(str(opts.verbose_name))} {row.number}"
                links.append(admin_row_link(row, label, icon="link"))
        todo = Activity.objects.filter(status=Activity.Status.PLANNED, **target_filter(document))
        links += [
            admin_row_link(activity, f"{activity.due_date}: {activity.subject}", icon="task_alt")
            for activity in todo.order_by("due_date")[:MOST_ACTIVITIES]
        ]
        return [*links, *super().links_of(request, document)]  # type: ignore[misc]


class DraftInline(CompanyInline):
    """Lines that get new ones only while their document is in one of ``open_statuses``."""

    open_statuses: tuple[str, ...] = ("draft",)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        if obj is not None and obj.status not in self.open_statuses:
            return False
        return super().has_add_permission(request, obj)


class PlainDocumentAdmin(DocumentAdmin):
    """A document without lines: set ``create`` and ``update`` to its services."""

    can_add = True
    create: Any = None
    update: Any = None

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> Any:
        given = {name: value for name, value in values.items() if value not in (None, "")}
        return type(self).create(**given, by=request.user)

    def perform_update(self, request: Any, row: Any, values: dict[str, Any], reason: str) -> Any:
        stored = self.get_queryset(request).get(pk=row.pk)
        version = _seen_version(request)
        return type(self).update(stored, **values, version=version, by=request.user)


class LinesDocumentAdmin(DocumentWithLinesAdmin):
    """A document with lines: ``create``, ``update`` and ``line`` (what a line becomes)."""

    create: Any = None
    update: Any = None
    line: Any = None
    lines_name = "lines"

    def write_new(self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]) -> Any:
        given = {name: value for name, value in values.items() if value not in (None, "")}
        given[self.lines_name] = [type(self).line(**one) for one in lines]
        return type(self).create(**given, by=request.user)

    def write_change(
        self,
        request: Any,
        row: Any,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> Any:
        kept = None if lines is None else [type(self).line(**one) for one in lines]
        given = {**values, self.lines_name: kept}
        return type(self).update(row, **given, version=version, by=request.user)
