from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.hr.admin.inlines import DraftInline
from apps.hr.models import TimeCard, TimeCardLine
from apps.hr.services.time_cards import (
    TimeLine,
    approve_time_card,
    change_time_card,
    gather_time_card,
    open_time_card,
    reopen_time_card,
)

Status = TimeCard.Status
HAND = {"date", "kind", "minutes", "cost_object", "is_paid", "note"}


class TimeCardLineInline(DraftInline):
    """What the registers brought is shown; lines by hand may be written beside it."""

    model = TimeCardLine
    open_statuses = (Status.OPEN,)
    fields = ("date", "kind", "minutes", "cost_object", "is_paid", "note", "origin")
    extra = 1


@admin.register(TimeCard)
class TimeCardAdmin(DocumentWithLinesAdmin):
    editable_statuses = (Status.OPEN,)
    list_display = ("number", "employee", "status_label", "starts_on", "ends_on", "company")
    list_filter = ("status", "starts_on")
    search_fields = ("number", "employee__code", "employee__name")
    fields = ("company", "employee", ("starts_on", "ends_on"))
    inlines = (TimeCardLineInline,)
    readonly_fields = ("gathered",)
    verbs = (
        Verb("gather", _("Read anew"), "hr.change_timecard", gather_time_card, (Status.OPEN,)),
        Verb("approve", _("Approve"), "hr.approve_timecard", approve_time_card, (Status.OPEN,)),
        Verb(
            "reopen",
            _("Reopen"),
            "hr.reopen_timecard",
            reopen_time_card,
            (Status.APPROVED,),
            form=ReasonForm,
        ),
    )

    @display(description=_("from clock, production and leave"))
    def gathered(self, card: TimeCard) -> str:
        """What the registers say, beside the lines by hand that the form below takes."""
        lines = card.lines.exclude(origin=TimeCardLine.Origin.MANUAL).select_related("cost_object")
        rows = [
            (
                date_format(line.date, "D j M"),
                line.get_kind_display(),
                f"{line.minutes.normalize():f} min",
                line.cost_object.code if line.cost_object else "",
                line.note,
            )
            for line in lines
        ]
        if not rows:
            return str(_("Nothing yet."))
        cells = '<tr><td class="pr-4">{}</td>' + '<td class="pr-4">{}</td>' * 4 + "</tr>"
        return format_html("<table>{}</table>", format_html_join("", cells, rows))

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        """Afterwards the table below shows every line itself."""
        is_open = obj is not None and self.has_change_permission(request, obj)
        return (*self.fields, "gathered") if is_open else self.fields

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "employee", "starts_on", "ends_on")

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> TimeCard:
        return open_time_card(**values, lines=[_by_hand(line) for line in lines], by=request.user)

    def write_change(
        self,
        request: Any,
        row: TimeCard,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> TimeCard:
        """Lines of the registers are among those of the form: they are read anew, not written."""
        if lines is None:
            return gather_time_card(row, version=version, by=request.user)
        kept = [_by_hand(line) for line in lines]
        return change_time_card(row, lines=kept, version=version, by=request.user)

    def get_formset_kwargs(self, request: Any, obj: Any, inline: Any, prefix: str) -> Any:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if obj is not None and obj.pk and self.has_change_permission(request, obj):
            kwargs["queryset"] = kwargs["queryset"].filter(origin=TimeCardLine.Origin.MANUAL)
        return kwargs

    def links_of(self, request: Any, document: TimeCard) -> list[Link]:
        links = super().links_of(request, document)
        if document.pay_slip_id and request.user.has_perm("hr.view_payslip"):
            return [admin_row_link(document.pay_slip), *links]
        return links


def _by_hand(line: dict[str, Any]) -> TimeLine:
    return TimeLine(**{name: value for name, value in line.items() if name in HAND})
