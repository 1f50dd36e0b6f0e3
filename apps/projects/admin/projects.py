from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.core.admin.base import CompanyForm, _seen_version
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.core.admin.printouts import Printout
from apps.projects.admin.forms import BaselineForm, BillHoursForm, BillMilestonesForm
from apps.projects.models import BillingMilestone, Project, ProjectBilling, Task, WbsNode
from apps.projects.printouts import status_report_pdf
from apps.projects.services.baselines import take_baseline
from apps.projects.services.billing import bill_hours, bill_milestones
from apps.projects.services.projects import (
    activate_project,
    change_project,
    close_project,
    create_project,
    hold_project,
    reopen_project,
)

Status = Project.Status
Method = Project.BillingMethod
_ACTIVATE, _CLOSE = "projects.activate_project", "projects.close_project"
_BILL = "projects.bill_project"
_BILLABLE = (Status.ACTIVE, Status.HOLD, Status.CLOSED)


class ProjectForm(CompanyForm):
    """Without a currency the customer's applies."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "currency" in self.fields:
            self.fields["currency"].required = False

    def _post_clean(self) -> None:
        """Rules between fields are the service's, which names the field at fault."""
        own = vars(self.instance)
        own["full_clean"] = partial(self.instance.full_clean, validate_constraints=False)
        super()._post_clean()
        del own["full_clean"]


@admin.register(Project)
class ProjectAdmin(DocumentAdmin):
    form = ProjectForm
    can_add = True
    editable_statuses = Project.CHANGEABLE
    list_display = (
        "number",
        "name",
        "status_label",
        "partner",
        "site",
        "manager",
        "starts_on",
        "due_on",
        "billing",
        "company",
    )
    list_filter = ("status", "billing", "site", "due_on")
    search_fields = ("number", "name", "partner__code", "partner__name")
    fields = (
        "company",
        "name",
        ("partner", "customer_reference"),
        ("site", "manager"),
        ("starts_on", "due_on"),
        ("billing", "currency", "tax_code"),
        "description",
    )
    actions_list = ("open_board",)
    printouts = tuple(
        replace(one, permission="projects.view_project_cost")
        for one in Printout.on_both_papers("status", _("Status report"), status_report_pdf)
    )
    verbs = (
        Verb("activate", _("Activate"), _ACTIVATE, activate_project, (Status.DRAFT, Status.HOLD)),
        Verb(
            "baseline",
            _("Take a baseline"),
            "projects.add_baseline",
            take_baseline,
            Project.CHANGEABLE,
            form=BaselineForm,
        ),
        Verb(
            "bill-milestones",
            _("Bill milestones"),
            _BILL,
            bill_milestones,
            _BILLABLE,
            form=BillMilestonesForm,
        ),
        Verb("bill-hours", _("Bill hours"), _BILL, bill_hours, _BILLABLE, form=BillHoursForm),
        Verb(
            "hold",
            _("Put on hold"),
            _ACTIVATE,
            hold_project,
            (Status.ACTIVE,),
            form=ReasonForm,
        ),
        Verb(
            "close",
            _("Close"),
            _CLOSE,
            close_project,
            (Status.ACTIVE, Status.HOLD),
            question=_("Nothing more will be posted on this project?"),
        ),
        Verb("reopen", _("Reopen"), _CLOSE, reopen_project, (Status.CLOSED,), form=ReasonForm),
    )

    @action(description=_("Project board"), url_path="board")
    def open_board(self, request: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("projects"))

    def verbs_for(self, request: Any, document: Project) -> list[Verb]:
        offered = {"bill-milestones": Method.MILESTONE, "bill-hours": Method.TIME}
        return [
            verb
            for verb in super().verbs_for(request, document)
            if offered.get(verb.name, document.billing) == document.billing
        ]

    def links_of(self, request: Any, document: Project) -> list[Link]:
        gantt = reverse("project-gantt", args=[document.pk])
        links = [Link(_("Gantt chart"), gantt, "view_timeline")]
        if request.user.has_perm("projects.view_project_cost"):
            url = reverse("project-cost", args=[document.pk])
            links.append(Link(_("Project cost"), url, "payments"))
        if document.partner is not None:
            links.append(admin_row_link(document.partner))
        for model in (WbsNode, Task, BillingMilestone, ProjectBilling):
            if self.admin_site._registry[model].has_view_permission(request):
                url = f"{admin_list_url(model)}?project__id__exact={document.pk}"
                links.append(Link(model._meta.verbose_name_plural, url, "list"))
        return [*links, *super().links_of(request, document)]

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> Project:
        given = {name: value for name, value in values.items() if value not in (None, "")}
        return create_project(given.pop("company"), **given, by=request.user, reason=reason)

    def perform_update(
        self, request: Any, row: Project, values: dict[str, Any], reason: str
    ) -> Project:
        stored = self.get_queryset(request).get(pk=row.pk)
        if values.get("currency", "") is None:
            values.pop("currency")
        return change_project(
            stored, **values, version=_seen_version(request), by=request.user, reason=reason
        )
