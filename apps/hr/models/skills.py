from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound
from apps.hr.models.spans import one_at_a_time


class Skill(MasterData):
    """Something one must be able, or allowed, to do: a licence, a machine, a process."""

    class Meta(MasterData.Meta):
        verbose_name = _("skill")
        verbose_name_plural = _("skills")


class EmployeeSkill(CompanyBound, AuditedModel):
    """An employee has a skill from one day to another; afterwards it no longer counts."""

    employee = CompanyForeignKey("hr.Employee", related_name="skills", verbose_name=_("employee"))
    skill = CompanyForeignKey(Skill, related_name="holders", verbose_name=_("skill"))
    level = models.PositiveSmallIntegerField(_("level"), default=1)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    certificate = models.CharField(_("certificate"), max_length=100, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("employee", "skill", "-valid_from")
        verbose_name = _("skill of an employee")
        verbose_name_plural = _("skills of employees")
        constraints = [
            *CompanyBound.Meta.constraints,
            *one_at_a_time(
                "hr_employeeskill", "employee", "valid_from", "valid_to", within="skill"
            ),
            *positive("hr_employeeskill", "level"),
            *company_references("hr_employeeskill", "employee", "skill"),
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.skill}"


class RequiredSkill(CompanyBound, AuditedModel):
    """What one needs to start an operation at a work centre, or at one machine."""

    skill = CompanyForeignKey(Skill, related_name="requirements", verbose_name=_("skill"))
    work_centre = CompanyForeignKey(
        "masterdata.WorkCentre",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("work centre"),
    )
    machine = CompanyForeignKey(
        "masterdata.Machine", related_name="+", null=True, blank=True, verbose_name=_("machine")
    )
    level = models.PositiveSmallIntegerField(_("level"), default=1)

    class Meta(CompanyBound.Meta):
        ordering = ("work_centre", "machine", "skill")
        verbose_name = _("required skill")
        verbose_name_plural = _("required skills")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["skill", "work_centre", "machine"],
                nulls_distinct=False,
                name="hr_requiredskill_once",
            ),
            models.CheckConstraint(
                condition=Q(work_centre__isnull=False, machine__isnull=True)
                | Q(work_centre__isnull=True, machine__isnull=False),
                name="hr_requiredskill_one_place",
            ),
            *positive("hr_requiredskill", "level"),
            *company_references("hr_requiredskill", "skill", "work_centre", "machine"),
        ]

    def __str__(self) -> str:
        return f"{self.work_centre or self.machine}: {self.skill}"
