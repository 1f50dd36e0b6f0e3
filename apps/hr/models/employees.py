from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import MasterData


class Employee(MasterData):
    """A person at work; ``code`` is the badge. Reports on the shop floor carry it.

    ``is_time_recorded`` is true from the first contract on: labour that production reports then
    books minutes, which become pay.
    """

    site = CompanyForeignKey("core.Site", related_name="employees", verbose_name=_("site"))
    department = CompanyForeignKey(
        "hr.Department",
        related_name="employees",
        null=True,
        blank=True,
        verbose_name=_("department"),
    )
    work_centre = CompanyForeignKey(
        "masterdata.WorkCentre",
        related_name="employees",
        null=True,
        blank=True,
        verbose_name=_("home work centre"),
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="employee",
        null=True,
        blank=True,
        verbose_name=_("user"),
    )
    job_title = models.CharField(_("job title"), max_length=80, blank=True)
    hired_on = models.DateField(_("hired on"), null=True, blank=True)
    is_time_recorded = models.BooleanField(_("time is recorded"), default=False, editable=False)

    class Meta(MasterData.Meta):
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("hr_employee", "site", "department", "work_centre"),
        ]
