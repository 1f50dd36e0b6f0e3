"""What a verb's page may ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTextareaWidget

LONGEST_REASON = 500


class VerbForm(forms.Form):
    """The input of a verb on ``document``, asked of ``user``."""

    def __init__(self, *args: Any, document: Any = None, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.document = document
        self.user = user


class DateForm(VerbForm):
    """A posting date."""

    date = forms.DateField(
        label=_("Posting date"), initial=timezone.localdate, widget=UnfoldAdminDateWidget
    )


class ReasonForm(VerbForm):
    """Why: it is kept in the history."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


class DateReasonForm(DateForm, ReasonForm):
    """When and why: what a reversal asks."""

    field_order = ("date", "reason")
