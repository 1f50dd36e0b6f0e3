"""What the verbs of assets ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
)

from apps.core.admin.forms import DateForm, DateReasonForm
from apps.finance.models import Account, DepreciationBook


def amount(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        max_digits=20,
        decimal_places=4,
        help_text=help_text,
        widget=UnfoldAdminDecimalFieldWidget,
    )


class _InCompany:
    """Choices of the document's company; what is left empty is not sent."""

    document: Any
    fields: Any
    cleaned_data: Any

    def offer(self, name: str, rows: Any) -> None:
        self.fields[name].queryset = rows.filter(company=self.document.company_id, is_active=True)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data  # type: ignore[misc]
        return {name: value for name, value in given.items() if value is not None}


def account_field(help_text: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        Account.objects.none(),
        label=_("Account"),
        required=False,
        help_text=help_text,
        widget=UnfoldAdminSelectWidget,
    )


def book_field() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        DepreciationBook.objects.none(),
        label=_("Book"),
        required=False,
        help_text=_("Empty: the book that posts to the ledger."),
        widget=UnfoldAdminSelectWidget,
    )


class CapitaliseForm(_InCompany, DateForm):
    amount = amount(_("Amount"))
    account = account_field(_("Where the cost stood until now; empty: by the posting rule."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("account", Account.objects.exclude(control__in=Account.CLOSED_TO_VOUCHERS))


class TakeOverForm(DateForm):
    cost = amount(_("Cost"))
    depreciation = amount(_("Depreciation until then"))
    acquired_on = forms.DateField(label=_("Acquired on"), widget=UnfoldAdminDateWidget)
    in_service_on = forms.DateField(label=_("In service on"), widget=UnfoldAdminDateWidget)


class ValueForm(_InCompany, DateReasonForm):
    value = amount(_("Value"), help_text=_("What the asset is carried at from then on."))
    book = book_field()
    field_order = ("date", "value", "book", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("book", DepreciationBook.objects)


class EstimateForm(_InCompany, DateReasonForm):
    life_months = forms.IntegerField(
        label=_("Life in months"),
        required=False,
        min_value=1,
        max_value=1200,
        help_text=_("From the day it entered service; empty: as it is."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    residual = amount(_("Residual"), required=False, help_text=_("Empty: as it is."))
    book = book_field()
    field_order = ("date", "life_months", "residual", "book", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("book", DepreciationBook.objects)


class DisposeForm(_InCompany, DateReasonForm):
    proceeds = amount(_("Proceeds"), required=False, help_text=_("Empty: scrapped."))
    cost = amount(
        _("Cost of the part"), required=False, help_text=_("Empty: the whole asset leaves.")
    )
    account = account_field(_("Where the proceeds go; empty: by the posting rule."))
    field_order = ("date", "proceeds", "cost", "account", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("account", Account.objects.exclude(control__in=Account.CLOSED_TO_VOUCHERS))
