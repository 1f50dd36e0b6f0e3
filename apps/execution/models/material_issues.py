from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import Document


class MaterialIssue(Document):
    """Material handed to a work order. Its lines are its stock moves."""

    class Status(models.TextChoices):
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")

    TRANSITIONS = {Status.POSTED: {Status.REVERSED}, Status.REVERSED: set()}

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.POSTED, editable=False
    )
    work_order = CompanyForeignKey(
        "execution.WorkOrder", related_name="material_issues", verbose_name=_("work order")
    )
    date = models.DateField(_("date"))
    employee = CompanyForeignKey(
        "hr.Employee", related_name="+", null=True, blank=True, verbose_name=_("employee")
    )

    class Meta(Document.Meta):
        verbose_name = _("material issue")
        verbose_name_plural = _("material issues")
        constraints = [
            *Document.Meta.constraints,
            *company_references("execution_materialissue", "work_order", "employee"),
        ]
        permissions = [("reverse_materialissue", "Can reverse material issues")]
