"""The page that takes a supplier's electronic invoice in, or says what is wrong with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.finance.einvoice.validation import Verdict
from apps.finance.einvoice.xml import LARGEST_FILE
from apps.finance.models import Account
from apps.finance.services.einvoice_imports import import_einvoice, validate_einvoice


class EInvoiceForm(forms.Form):
    company = forms.ModelChoiceField(
        Company.objects.none(),
        label=gettext_lazy("Company"),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )
    account = forms.ModelChoiceField(
        Account.objects.none(),
        label=gettext_lazy("Account"),
        required=False,
        help_text=gettext_lazy("Bears the lines whose item is not ours."),
        widget=UnfoldAdminSelectWidget,
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("UBL, cross industry invoice, or a PDF with one inside (Factur-X)."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xml,.pdf"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].queryset = Company.objects.visible_to(user)
        accounts = Account.objects.visible_to(user).filter(is_active=True)
        self.fields["account"].queryset = accounts.order_by("code")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required("finance.add_invoice", raise_exception=True)
def einvoice_page(request: HttpRequest) -> HttpResponse:
    """Check a file, or enter it as a draft bill; a refusal says which rules it breaks."""
    sent = request.method == "POST"
    form = EInvoiceForm(
        request.POST if sent else None, request.FILES if sent else None, user=request.user
    )
    verdict: Verdict | None = None
    if sent and form.is_valid():
        file = form.cleaned_data["file"]
        content = file.read(LARGEST_FILE + 1)
        try:
            verdict = validate_einvoice(content)
            if "check" not in request.POST and verdict.is_accepted:
                bill = import_einvoice(
                    form.cleaned_data["company"],
                    name=file.name,
                    content=content,
                    by=request.user,
                    account=form.cleaned_data["account"],
                )
                return redirect("admin:finance_invoice_change", bill.pk)
        except BusinessError as error:
            messages.error(request, str(error))
    context = {
        **admin.site.each_context(request),
        "title": _("Enter an electronic invoice"),
        "form": form,
        "verdict": verdict,
    }
    return render(request, "finance/einvoices.html", context)
