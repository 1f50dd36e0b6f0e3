"""A field for the numbers of pieces that came."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.core.errors import InvalidInput
from apps.supply_chain.serials import read_pieces


class SerialsField(forms.CharField):
    """Serial numbers, one per line; of weighed pieces with the weight behind a blank."""

    def __init__(self, *, is_weighed: bool, text: str) -> None:
        super().__init__(
            label=_("Serial numbers"),
            required=False,
            help_text=text,
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        )
        self.is_weighed = is_weighed

    def clean(self, value: Any) -> list[tuple[str, Decimal | None]]:
        try:
            return read_pieces(super().clean(value), is_weighed=self.is_weighed)
        except InvalidInput as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
