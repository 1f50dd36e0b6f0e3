from __future__ import annotations

from django.db import models
from django.db.models import Index
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import Document


class Project(Document):
    """Work with a beginning, an end and a budget, for a customer or for ourselves.

    Its calendar is its site's: shifts and holidays. What it costs is what the ledger has on the
    cost objects of its nodes. Cost is taken while it is active; what was billed is in ``currency``.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        HOLD = "hold", _("On hold")
        CLOSED = "closed", _("Closed")

    class BillingMethod(models.TextChoices):
        NONE = "none", _("Not billed")
        MILESTONE = "milestone", _("By milestones")
        TIME = "time", _("Time and material")

    TRANSITIONS = {
        Status.DRAFT: {Status.ACTIVE},
        Status.ACTIVE: {Status.HOLD, Status.CLOSED},
        Status.HOLD: {Status.ACTIVE, Status.CLOSED},
        Status.CLOSED: {Status.ACTIVE},
    }
    #: Its structure and plan may be changed.
    CHANGEABLE = (Status.DRAFT, Status.ACTIVE, Status.HOLD)

    status = models.CharField(
        _("status"), max_length=8, choices=Status, default=Status.DRAFT, editable=False
    )
    name = models.CharField(_("name"), max_length=160)
    description = models.TextField(_("description"), max_length=4000, blank=True)
    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("customer")
    )
    customer_reference = models.CharField(_("customer's reference"), max_length=60, blank=True)
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("site"))
    manager = CompanyForeignKey(
        "hr.Employee", related_name="+", null=True, blank=True, verbose_name=_("project manager")
    )
    starts_on = models.DateField(_("starts on"))
    due_on = models.DateField(_("due on"), null=True, blank=True)
    billing = models.CharField(
        _("billing"), max_length=10, choices=BillingMethod, default=BillingMethod.NONE
    )
    currency = models.ForeignKey(
        "core.Currency",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("billing currency"),
    )
    tax_code = CompanyForeignKey(
        "finance.TaxCode", related_name="+", null=True, blank=True, verbose_name=_("tax code")
    )

    class Meta(Document.Meta):
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(billing="none") | models.Q(partner__isnull=False),
                name="projects_project_billed_has_customer",
            ),
            models.CheckConstraint(
                condition=models.Q(due_on__isnull=True)
                | models.Q(due_on__gte=models.F("starts_on")),
                name="projects_project_due_after_start",
            ),
            *company_references("projects_project", "partner", "site", "manager", "tax_code"),
        ]
        indexes = [Index(fields=["company", "status", "due_on"], name="projects_project_status")]
        permissions = [
            ("activate_project", "Can activate projects and put them on hold"),
            ("close_project", "Can close and reopen projects"),
            ("bill_project", "Can bill projects"),
            ("view_project_cost", "Can see cost, earned value and billing of projects"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
