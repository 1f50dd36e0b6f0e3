from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline, LedgerAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.core.admin.master_data import MasterDataAdmin
from apps.core.models import Attachment
from apps.engineering.models import (
    Acknowledgement,
    InstructionRevision,
    InstructionStep,
    WorkInstruction,
)
from apps.engineering.resources import WorkInstructionResource
from apps.engineering.services import instructions as services

Status = InstructionRevision.Status
RELEASE = "engineering.release_instructionrevision"


@admin.register(WorkInstruction)
class WorkInstructionAdmin(MasterDataAdmin):
    resource_class = WorkInstructionResource
    list_display = ("code", "name", "must_acknowledge", "company", "is_active")
    list_filter = ("must_acknowledge", "is_active")
    fields = ("company", ("code", "name"), "must_acknowledge", "is_active")


class InstructionStepInline(CompanyInline):
    model = InstructionStep
    fields = ("position", "title", "text", "is_critical", "picture")
    extra = 1

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        """No empty row under a document that is fixed."""
        is_fixed = obj is not None and obj.status != Status.DRAFT
        return not is_fixed and super().has_add_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Pictures: the files of this revision."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "picture" and field is not None:
            match = request.resolver_match
            key = str(match.kwargs.get("object_id", "")) if match else ""
            field.queryset = Attachment.objects.filter(
                target_type=ContentType.objects.get_for_model(InstructionRevision),
                target_id=int(key) if key.isdigit() else 0,
                content_type__startswith="image/",
            )
        return field


@admin.register(InstructionRevision)
class InstructionRevisionAdmin(DocumentWithLinesAdmin):
    """Pictures are files of the revision (Files and comments), then chosen at its steps."""

    list_display = (
        "instruction",
        "revision",
        "status_label",
        "effective_from",
        "effective_until",
        "changed",
        "company",
    )
    list_filter = ("status", "instruction", "effective_from")
    search_fields = ("instruction__code", "instruction__name", "changed")
    fields = (
        "company",
        ("instruction", "revision"),
        ("effective_from", "effective_until"),
        "changed",
    )
    inlines = (InstructionStepInline,)
    verbs = (
        Verb(
            "release",
            _("Release"),
            RELEASE,
            services.release_instruction_revision,
            (Status.DRAFT,),
            question=_("Orders that start from its first day on take this revision."),
        ),
        Verb(
            "acknowledge",
            _("I have read and understood it"),
            "engineering.add_acknowledgement",
            services.acknowledge_revision,
            (Status.RELEASED,),
        ),
        Verb(
            "obsolete",
            _("Make obsolete"),
            RELEASE,
            services.obsolete_instruction_revision,
            (Status.DRAFT, Status.RELEASED),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "instruction", "revision")

    def links_of(self, request: Any, document: InstructionRevision) -> list[Link]:
        url = f"{admin_list_url(Acknowledgement)}?revision__id__exact={document.pk}"
        return [
            admin_row_link(document.instruction),
            Link(_("Read by"), url, "how_to_reg"),
            *super().links_of(request, document),
        ]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> InstructionRevision:
        company = values.pop("company")
        steps = [services.Step(**line) for line in lines]
        return services.create_instruction_revision(company, **values, steps=steps, by=request.user)

    def write_change(
        self,
        request: Any,
        row: InstructionRevision,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> InstructionRevision:
        kept = None if lines is None else [services.Step(**line) for line in lines]
        return services.change_instruction_revision(
            row, **values, steps=kept, version=version, by=request.user
        )


@admin.register(Acknowledgement)
class AcknowledgementAdmin(LedgerAdmin):
    list_display = ("revision", "employee", "created_at", "created_by", "company")
    list_filter = ("revision__instruction", "created_at")
    search_fields = ("revision__instruction__code", "employee__code", "employee__name")
    list_select_related = ("revision__instruction", "employee", "created_by", "company")

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup == "revision__id__exact" or super().lookup_allowed(lookup, value, request)
