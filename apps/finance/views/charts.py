"""The page that gives an empty company its chart of accounts: a shipped one, or one's own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.core.tables import LARGEST_FILE
from apps.finance.chart_files import read_chart
from apps.finance.services.chart import load_chart, shipped_charts
from apps.finance.services.chart_imports import ChartImport, import_chart

MOST_SHOWN = 200


class ChartForm(forms.Form):
    company = forms.ModelChoiceField(
        Company.objects.none(),
        label=gettext_lazy("Company"),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("It has no accounts yet."),
    )
    chart = forms.ChoiceField(
        label=gettext_lazy("Chart"), required=False, widget=UnfoldAdminSelectWidget
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy(
            "Instead of a shipped chart: CSV or XLSX with the columns type (heading, account), "
            "code, name, parent, kind, control, activity, roles and tax_rate; or LedgerSMB XML."
        ),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.xlsx,.xml"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].queryset = Company.objects.visible_to(user)
        self.fields["chart"].choices = [
            ("", _("From the file")),
            *((chart.code, f"{chart.name} ({chart.accounts})") for chart in shipped_charts()),
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("chart")) == bool(given.get("file")):
            self.add_error("file", _("Choose a chart or give a file."))
        return given


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required("finance.add_account", raise_exception=True)
def chart_page(request: HttpRequest) -> HttpResponse:
    """Check a file, or set the chart up; a refusal says what is wrong with each row."""
    sent = request.method == "POST"
    form = ChartForm(
        request.POST if sent else None, request.FILES if sent else None, user=request.user
    )
    made: ChartImport | None = None
    if sent and form.is_valid():
        try:
            made = _act(request, form.cleaned_data)
        except BusinessError as error:
            messages.error(request, str(error))
        if made is not None and not made.errors and not made.is_dry_run:
            text = ngettext("%(n)d account set up.", "%(n)d accounts set up.", made.accounts)
            messages.success(request, text % {"n": made.accounts})
            if made.missing_roles:
                names = ", ".join(made.missing_roles)
                messages.warning(request, _("No account yet for: {names}").format(names=names))
            return redirect("admin:finance_account_changelist")
    context = {
        **admin.site.each_context(request),
        "title": _("Set up the chart of accounts"),
        "form": form,
        "made": made,
        "errors": made.errors[:MOST_SHOWN] if made else (),
    }
    return render(request, "finance/chart.html", context)


def _act(request: HttpRequest, given: dict[str, Any]) -> ChartImport:
    by: Any = request.user
    is_check = "check" in request.POST
    if given["chart"]:
        chart = next(one for one in shipped_charts() if one.code == given["chart"])
        if not is_check:
            load_chart(given["company"], by=by, chart=chart.code)
        return ChartImport(is_check, accounts=chart.accounts)
    file = given["file"]
    table = read_chart(file.name, file.read(LARGEST_FILE + 1))
    return import_chart(given["company"], table, by=by, dry_run=is_check)
