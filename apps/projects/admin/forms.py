"""What the verbs of a project ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDateWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.admin.forms import DateForm, VerbForm
from apps.projects.models import BillingMilestone, Project


class BaselineForm(VerbForm):
    """Why the plan is frozen anew."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget
    )


class BillMilestonesForm(DateForm):
    """Which of those that are not billed yet."""

    milestones = forms.ModelMultipleChoiceField(
        BillingMilestone.objects.none(),
        label=_("Milestones"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def __init__(self, *args: Any, document: Project, **kwargs: Any) -> None:
        super().__init__(*args, document=document, **kwargs)
        rows = BillingMilestone.objects.filter(project=document)
        rows = rows.exclude(billings__is_live=True)
        self.fields["milestones"].queryset = rows


class BillHoursForm(DateForm):
    """Up to which day."""

    until = forms.DateField(
        label=_("Hours up to"), initial=timezone.localdate, widget=UnfoldAdminDateWidget
    )
