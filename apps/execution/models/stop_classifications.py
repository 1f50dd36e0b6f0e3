from __future__ import annotations

from django.db import models
from django.db.models import Index
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models.base import LedgerRow


class StopClassification(LedgerRow):
    """That somebody gave a stop a reason, or another one, and why; ``source`` is the interval.

    ``at`` is when the stop begins: it says which one was meant when a late event has cut the
    timeline anew since.
    """

    machine = CompanyForeignKey(
        "masterdata.Machine", related_name="+", db_index=False, verbose_name=_("machine")
    )
    at = models.DateTimeField(_("stop begins at"))
    old_reason = CompanyForeignKey(
        "masterdata.ReasonCode", related_name="+", null=True, db_index=False,
        verbose_name=_("reason before"),
    )  # fmt: skip
    new_reason = CompanyForeignKey(
        "masterdata.ReasonCode", related_name="+", null=True, db_index=False,
        verbose_name=_("reason"),
    )  # fmt: skip
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("reason given to a stop")
        verbose_name_plural = _("reasons given to stops")
        constraints = [
            *LedgerRow.Meta.constraints,
            *company_references(
                "execution_stopclassification", "machine", "old_reason", "new_reason"
            ),
        ]
        indexes = [Index(fields=["machine", "at"], name="execution_stopclass_time")]

    def __str__(self) -> str:
        return f"{self.machine.code} {self.at:%Y-%m-%d %H:%M}"
