from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.fields import LedgerAmountField
from apps.core.models.base import ScopedQuerySet


class AccountBalance(models.Model):
    """Folded debits and credits of an account in a period.

    Holds the lines of transactions below ``BalanceFold.tx``; what came since is added from the
    lines themselves, so no posting ever waits for a total row.
    """

    company = models.ForeignKey("core.Company", on_delete=models.PROTECT, related_name="+")
    period = models.ForeignKey("finance.Period", on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey("finance.Account", on_delete=models.PROTECT, related_name="+")
    debit = LedgerAmountField(_("debit"))
    credit = LedgerAmountField(_("credit"))

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("account balance")
        verbose_name_plural = _("account balances")
        constraints = [
            UniqueConstraint(
                fields=["company", "period", "account"], name="finance_accountbalance_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.period}"


class BalanceFold(models.Model):
    """How far balances are folded: one row, with a ``tx xid8`` column made in ``0002_guards``."""

    folded_at = models.DateTimeField(_("folded at"))

    class Meta:
        verbose_name = _("balance fold")
        verbose_name_plural = _("balance folds")

    def __str__(self) -> str:
        return str(self.folded_at)
