from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import Document, LedgerRow, MasterData
from apps.core.models.base import CompanyBound
from apps.engineering.models.effectivity import Effective, one_in_force
from apps.engineering.models.status import DESIGN_TRANSITIONS, DesignStatus


class WorkInstruction(MasterData):
    """A controlled document that operations refer to; what it says is in its revisions."""

    must_acknowledge = models.BooleanField(
        _("must be read and understood"),
        default=False,
        help_text=_(
            "Nobody starts or reports an operation before having acknowledged its revision."
        ),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("work instruction")
        verbose_name_plural = _("work instructions")


class InstructionRevision(Effective, Document):
    """What a work instruction says from a day on. Somebody else than its author releases it."""

    Status = DesignStatus
    TRANSITIONS = DESIGN_TRANSITIONS

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    instruction = CompanyForeignKey(
        WorkInstruction, related_name="revisions", verbose_name=_("work instruction")
    )
    revision = models.CharField(_("revision"), max_length=10, default="A")
    changed = models.CharField(_("what changed"), max_length=300, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("revision of an instruction")
        verbose_name_plural = _("revisions of instructions")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["instruction", "revision"], name="engineering_instruction_revision"
            ),
            *one_in_force("engineering_instructionrevision", "instruction"),
            *company_references("engineering_instructionrevision", "instruction"),
        ]
        permissions = [
            ("release_instructionrevision", "Can release revisions of instructions"),
        ]

    def __str__(self) -> str:
        return f"{self.instruction.code} rev {self.revision}"


class InstructionStep(CompanyBound):
    """A step: what to do, and a picture of it among the files of its revision."""

    revision = CompanyForeignKey(
        InstructionRevision, on_delete=models.CASCADE, related_name="steps"
    )
    position = models.PositiveIntegerField(_("position"), default=10)
    title = models.CharField(_("title"), max_length=100)
    text = models.TextField(_("text"), blank=True)
    is_critical = models.BooleanField(_("safety or quality critical"), default=False)
    picture = CompanyForeignKey(
        "core.Attachment",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("picture"),
        help_text=_("One of the files of this revision."),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("revision", "position", "id")
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["revision", "position"], name="engineering_instructionstep_position"
            ),
            *company_references("engineering_instructionstep", "revision", "picture"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.title}"


class Acknowledgement(LedgerRow):
    """Somebody has read and understood a revision. Its ``source`` is the revision."""

    revision = CompanyForeignKey(
        InstructionRevision, related_name="acknowledgements", verbose_name=_("revision")
    )
    employee = CompanyForeignKey("hr.Employee", related_name="+", verbose_name=_("employee"))

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("acknowledgement")
        verbose_name_plural = _("acknowledgements")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(
                fields=["revision", "employee"], name="engineering_acknowledgement_once"
            ),
            *company_references("engineering_acknowledgement", "revision", "employee"),
        ]

    def __str__(self) -> str:
        return f"{self.revision} · {self.employee}"
