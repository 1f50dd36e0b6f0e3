from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.printouts import Printout
from apps.execution.handover_printout import handover_pdf
from apps.execution.models import ShiftHandover
from apps.execution.services.shift_handovers import (
    prepare_handover,
    refresh_handover,
    reopen_handover,
    take_back,
)

Status = ShiftHandover.Status
_SIGN = "execution.sign_shifthandover"


@admin.register(ShiftHandover)
class ShiftHandoverAdmin(DocumentAdmin):
    """Hand-overs are signed on the terminal, where both people stand; here they are looked at,
    prepared and, with a reason, opened again."""

    can_add = True
    editable_statuses = ()
    list_display = (
        "number",
        "status_label",
        "work_centre",
        "shift",
        "day",
        "outgoing_name",
        "incoming_name",
        "company",
    )
    list_select_related = ("work_centre", "shift", "company")
    list_filter = ("status", "work_centre", "shift", "day")
    search_fields = ("number", "outgoing_name", "incoming_name")
    fields = ("company", "work_centre", ("shift", "day"), "note")
    verbs = (
        Verb(
            "refresh",
            _("Read the registers again"),
            "execution.add_shifthandover",
            refresh_handover,
            (Status.DRAFT,),
        ),
        Verb("take-back", _("Take it back"), _SIGN, take_back, (Status.HANDED_OVER,)),
        Verb(
            "reopen",
            _("Reopen"),
            "execution.reopen_shifthandover",
            reopen_handover,
            (Status.SIGNED,),
            form=ReasonForm,
            is_danger=True,
        ),
    )
    printouts = Printout.on_both_papers("report", _("Shift report"), handover_pdf)

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> ShiftHandover:
        values.pop("company")
        return prepare_handover(values.pop("work_centre"), **values, by=request.user, reason=reason)
