"""A field for the numbers of pieces that came, as a scanner types them: one per line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget


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
        rows = [row.strip() for row in super().clean(value).splitlines()]
        return [self._piece(row) for row in rows if row]

    def _piece(self, row: str) -> tuple[str, Decimal | None]:
        if not self.is_weighed:
            return row, None
        code, _blank, weight = row.rpartition(" ")
        try:
            return code.strip(), Decimal(weight.replace(",", "."))
        except ArithmeticError:
            raise forms.ValidationError(
                _("“%(row)s”: write the serial number, a blank and the weight."),
                params={"row": row[:80]},
            ) from None
