from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models.base import CompanyBound


class ActionMessage(CompanyBound):
    """What the plan asks somebody to do about an order, why, and what it is worth.

    ``amount`` in company currency: what acting commits (above zero) or frees (below), or, where
    an order comes too late, what the orders that wait for it are worth.
    """

    class Kind(models.TextChoices):
        RELEASE = "release", _("Release")
        PAST_DUE = "past_due", _("Past due")
        EXPEDITE = "expedite", _("Expedite")
        DEFER = "defer", _("Defer")
        CANCEL = "cancel", _("Cancel")
        INCREASE = "increase", _("Increase")
        DECREASE = "decrease", _("Decrease")
        SHORTAGE = "shortage", _("Shortage")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        DISMISSED = "dismissed", _("Dismissed")

    run = CompanyForeignKey("planning.PlanningRun", related_name="messages", verbose_name=_("run"))
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("site"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.OPEN, editable=False
    )
    planned_order = CompanyForeignKey(
        "planning.PlannedOrder",
        on_delete=models.SET_NULL,
        related_name="messages",
        null=True,
        verbose_name=_("planned order"),
    )
    expected_move = CompanyForeignKey(
        "inventory.ExpectedMove", related_name="+", null=True, verbose_name=_("order")
    )
    order_number = models.CharField(_("order"), max_length=60, blank=True)
    quantity = QuantityField(_("quantity"))
    new_quantity = QuantityField(_("better quantity"), null=True)
    date = models.DateField(_("date"))
    new_date = models.DateField(_("better date"), null=True)
    trigger = models.JSONField(_("trigger values"), default=dict)
    amount = MoneyField(_("amount"), default=0)
    planner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        verbose_name=_("planner"),
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, editable=False)
    answer = models.CharField(_("answer"), max_length=200, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("date", "id")
        verbose_name = _("action message")
        verbose_name_plural = _("action messages")
        constraints = [
            *CompanyBound.Meta.constraints,
            *company_references("planning_actionmessage", "run", "item", "site", "expected_move"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0), name="planning_actionmessage_quantity_not_negative"
            ),
        ]
        indexes = [
            Index(
                fields=["company", "date"],
                condition=Q(status="open"),
                name="planning_actionmessage_open",
            )
        ]
        permissions = [("answer_actionmessage", "Can answer action messages")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.item.code}"
