"""A line of a posted invoice or bill, spread over months from its own page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
)

from apps.core.admin.documents import Verb
from apps.core.admin.forms import VerbForm
from apps.core.models import User
from apps.finance.models import Account, AccrualSchedule, Invoice, InvoiceLine
from apps.finance.services.accrual_parts import RESULT_KINDS
from apps.finance.services.accruals import schedule_invoice_line

SPREADS = [
    choice for choice in AccrualSchedule.Method.choices if choice[0] != AccrualSchedule.Method.OWN
]


def _choice(label: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        Account.objects.none(), label=label, widget=UnfoldAdminSelectWidget
    )


class DeferForm(VerbForm):
    """Which line, over which days; own amounts by month are written on the schedule itself."""

    line = forms.ModelChoiceField(
        InvoiceLine.objects.none(), label=_("Line"), widget=UnfoldAdminSelectWidget
    )
    starts_on = forms.DateField(label=_("From"), widget=UnfoldAdminDateWidget)
    ends_on = forms.DateField(label=_("To"), widget=UnfoldAdminDateWidget)
    method = forms.ChoiceField(
        label=_("Spread"),
        choices=SPREADS,
        initial=AccrualSchedule.Method.MONTH,
        widget=UnfoldAdminSelectWidget,
    )
    balance_account = _choice(_("Balance sheet account"))
    result_account = _choice(_("Account of cost or revenue"))
    amount = forms.DecimalField(
        label=_("Amount"),
        required=False,
        max_digits=20,
        decimal_places=4,
        help_text=_("In company currency. Empty: all of the line, without tax."),
        widget=UnfoldAdminDecimalFieldWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines = InvoiceLine.objects.filter(invoice=self.document).order_by("pk")
        accounts = Account.objects.filter(
            company=self.document.company_id, is_active=True, control=Account.Control.NONE
        ).order_by("code")
        fields: Any = self.fields
        fields["line"].queryset = lines
        fields["balance_account"].queryset = accounts.exclude(kind__in=RESULT_KINDS)
        fields["result_account"].queryset = accounts.filter(kind__in=RESULT_KINDS)
        first = lines.first()
        if first is not None and not self.is_bound:
            fields["line"].initial = first.pk
            fields["result_account"].initial = first.account_id


def defer_line(invoice: Invoice, *, line: InvoiceLine, by: User, **given: Any) -> AccrualSchedule:
    return schedule_invoice_line(line, by=by, **given)


DEFER = Verb(
    "defer",
    _("Spread a line over months"),
    "finance.add_accrualschedule",
    defer_line,
    ("posted",),
    form=DeferForm,
)
