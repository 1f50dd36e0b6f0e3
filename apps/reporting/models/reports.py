from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import MasterData
from apps.core.models.base import CompanyBound, ScopedQuerySet


class SharedQuerySet(ScopedQuerySet):
    """Rows that somebody keeps for himself, or shares with everybody or with a role."""

    def visible_to(self, user: Any) -> Self:
        rows = super().visible_to(user)
        if user.is_superuser:
            return rows
        roles = Group.objects.filter(user=user)
        return rows.filter(
            Q(owner_id=user.pk)
            | Q(is_shared=True, role__isnull=True)
            | Q(is_shared=True, role__in=roles)
        )


class Shared(MasterData):
    """Kept by ``owner``; with ``is_shared`` everybody sees it, or who has ``role``."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("owner"),
    )
    is_shared = models.BooleanField(_("shared"), default=False)
    role = models.ForeignKey(
        Group,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("only with the role"),
    )

    objects: ClassVar[Any] = SharedQuerySet.as_manager()

    class Meta(MasterData.Meta):
        abstract = True


class SavedReport(Shared):
    """A question to a dataset: the words of a pivot's address (``rows=…&cols=…&period=…``).

    Who opens it asks with his own rights; what he may not see is not in it.
    """

    dataset = models.CharField(_("dataset"), max_length=60)
    question = models.TextField(_("question"), max_length=2000, blank=True)

    class Meta(Shared.Meta):
        verbose_name = _("saved report")
        verbose_name_plural = _("saved reports")
        constraints = [*Shared.Meta.constraints]
        permissions = [("share_savedreport", "Can share reports and dashboards")]

    def get_absolute_url(self) -> str:
        page = reverse("reporting-pivot", args=[self.dataset])
        words = f"{self.question}&" if self.question else ""
        return f"{page}?{words}company={self.company_id}"


class Dashboard(Shared):
    """Saved reports side by side; each viewer sees those that he may."""

    class Meta(Shared.Meta):
        verbose_name = _("dashboard")
        verbose_name_plural = _("dashboards")
        constraints = [*Shared.Meta.constraints]

    def get_absolute_url(self) -> str:
        return reverse("reporting-dashboard", args=[self.pk])


class DashboardTile(CompanyBound):
    dashboard = CompanyForeignKey(Dashboard, on_delete=models.CASCADE, related_name="tiles")
    report = CompanyForeignKey(SavedReport, related_name="+", verbose_name=_("report"))
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta(CompanyBound.Meta):
        ordering = ("position", "id")
        verbose_name = _("tile")
        verbose_name_plural = _("tiles")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["dashboard", "report"], name="reporting_dashboardtile_once"),
            *company_references("reporting_dashboardtile", "dashboard", "report"),
        ]

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.report}"
