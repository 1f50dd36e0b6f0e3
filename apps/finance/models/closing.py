from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, LedgerAmountField
from apps.core.models import Document, MasterData


class CloseTask(MasterData):
    """A step of every month's close, in the order of ``position``; a check by machine, or a look.

    ``check_code`` names a check of ``apps.finance.close_checks``; without one a person confirms
    the step.
    """

    position = models.PositiveSmallIntegerField(_("position"), default=0)
    check_code = models.CharField(_("check"), max_length=40, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("owner"),
    )

    class Meta(MasterData.Meta):
        ordering = ("position", "code")  # type: ignore[assignment]
        verbose_name = _("task of the close")
        verbose_name_plural = _("tasks of the close")


class PeriodClose(Document):
    """The close of one period: all steps passed or excepted, then the period is locked."""

    class Status(models.TextChoices):
        OPEN = "open", _("In progress")
        CLOSED = "closed", _("Closed")
        REOPENED = "reopened", _("Reopened")

    TRANSITIONS = {
        Status.OPEN: {Status.CLOSED},
        Status.CLOSED: {Status.REOPENED},
        Status.REOPENED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.OPEN, editable=False
    )
    period = CompanyForeignKey("finance.Period", related_name="closes", verbose_name=_("period"))

    class Meta(Document.Meta):
        verbose_name = _("close of a period")
        verbose_name_plural = _("closes of periods")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["period"],
                condition=Q(status__in=("open", "closed")),
                name="finance_periodclose_live",
            ),
            *company_references("finance_periodclose", "period"),
        ]
        permissions = [
            ("finish_periodclose", "Can finish the close of periods"),
            ("reopen_periodclose", "Can reopen closed periods"),
        ]

    def __str__(self) -> str:
        return str(self.period)


class CloseStep(Document):
    """A task in one close: what its check found, who answers for it."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Not done")
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Failed")
        EXCEPTED = "excepted", _("Excepted")

    TRANSITIONS = {
        Status.PENDING: {Status.PASSED, Status.FAILED},
        Status.PASSED: {Status.PENDING, Status.PASSED, Status.FAILED},
        Status.FAILED: {Status.PASSED, Status.FAILED, Status.EXCEPTED},
        Status.EXCEPTED: {Status.PASSED, Status.FAILED},
    }

    status = models.CharField(
        _("status"), max_length=8, choices=Status, default=Status.PENDING, editable=False
    )
    close = CompanyForeignKey(PeriodClose, related_name="steps", verbose_name=_("close"))
    task = CompanyForeignKey(CloseTask, related_name="+", verbose_name=_("task"))
    position = models.PositiveSmallIntegerField(_("position"), editable=False)
    check_code = models.CharField(_("check"), max_length=40, blank=True, editable=False)
    figure = LedgerAmountField(_("amount at stake"), default=0, editable=False)
    findings = models.JSONField(_("findings"), default=list, editable=False)
    count = models.PositiveIntegerField(_("number of findings"), default=0, editable=False)
    remark = models.CharField(_("remark"), max_length=500, blank=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("done by"),
    )
    done_at = models.DateTimeField(_("done at"), null=True, editable=False)

    class Meta(Document.Meta):
        ordering = ("position", "id")  # type: ignore[assignment]
        verbose_name = _("step of a close")
        verbose_name_plural = _("steps of a close")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(fields=["close", "task"], name="finance_closestep_once"),
            *company_references("finance_closestep", "close", "task"),
        ]
        permissions = [("except_closestep", "Can accept a failed step")]

    def __str__(self) -> str:
        return f"{self.close}: {self.task.name}"
