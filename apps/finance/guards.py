"""What triggers of the ledger say in the words of the caller."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.guards import Guard, register

register(
    Guard(
        "finance_matched_to_bank",
        "matched_to_bank",
        "status",
        _("It is matched to a bank line. Undo the match first."),
    )
)
