"""Scalar fields that take one form and refuse the rest by reason; none rounds silently."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

LONGEST_TEXT = 20_000
_DIGITS = re.compile(r"-?[0-9]{1,40}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
# C0 and C1 controls but tab, line feed and carriage return; marks that turn the direction of text
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_LINE_BREAKS = re.compile("[\t\n\r\u2028\u2029]")
FIRST_DAY = datetime.date(1900, 1, 1)
LAST_DAY = datetime.date(2200, 12, 31)


class TextField(serializers.CharField):
    """Text as it is: no numbers read as text, no control or direction marks, a limit always."""

    default_error_messages = {
        "control_character": _("Control characters and direction marks are not allowed."),
        "line_break": _("Line breaks and tabs are not allowed here."),
    }

    def __init__(self, *, single_line: bool = True, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", LONGEST_TEXT)
        self.single_line = single_line and not (kwargs.get("style") or {}).get("base_template")
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if len(data) > (self.max_length or LONGEST_TEXT):
            self.fail("max_length", max_length=self.max_length or LONGEST_TEXT)
        if _CONTROLS.search(data):
            self.fail("control_character")
        if self.single_line and _LINE_BREAKS.search(data.strip()):
            self.fail("line_break")
        return super().to_internal_value(data)


class IntegerField(serializers.IntegerField):
    """JSON integers, or their ASCII digits as text."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and _DIGITS.fullmatch(data) and data != "-0":
            data = int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class DecimalField(serializers.DecimalField):
    """A finite decimal in plain notation that fits its column exactly; never rounded."""

    default_error_messages = {
        "not_positive": _("Must be greater than zero."),
        "negative_zero": _("Minus zero is not allowed."),
        "not_a_number": _("Enter a finite number."),
    }

    def __init__(self, *args: Any, positive: bool = False, **kwargs: Any) -> None:
        self.positive = positive
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 6)
        super().__init__(*args, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        value = self._parsed(data)
        if not value.is_finite():
            self.fail("not_a_number")
        if value.is_zero() and value.is_signed():
            self.fail("negative_zero")
        if abs(value.adjusted()) > self.max_digits and not value.is_zero():
            self.fail("max_digits", max_digits=self.max_digits)
        value = self.validate_precision(_without_trailing_zeros(value))
        if self.positive and value <= 0:
            self.fail("not_positive")
        return self.quantize(value)

    def _parsed(self, data: Any) -> Decimal:
        if isinstance(data, str):
            if not _DECIMAL.fullmatch(data):
                special = data.strip().lower().lstrip("+-")
                self.fail("not_a_number" if special in ("nan", "inf", "infinity") else "invalid")
            return Decimal(data)
        if isinstance(data, bool) or not isinstance(data, int | Decimal):
            self.fail("invalid")
        return Decimal(data)

    def to_representation(self, value: Any) -> str:
        return format(value if isinstance(value, Decimal) else Decimal(str(value)), "f")


def _without_trailing_zeros(value: Decimal) -> Decimal:
    """``1.500`` → ``1.5`` and ``1E+3`` → ``1000``: the same number, the fewest decimals."""
    short = value.normalize()
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else short


class BooleanField(serializers.BooleanField):
    """JSON ``true`` or ``false``, nothing that merely looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class DateField(serializers.DateField):
    """``YYYY-MM-DD`` of a day that exists and that a business may mean."""

    default_error_messages = {"out_of_range": _("The date must be between 1900 and 2200.")}

    def to_internal_value(self, value: Any) -> datetime.date:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        try:
            day = datetime.date.fromisoformat(value)
        except ValueError:
            self.fail("invalid", format="YYYY-MM-DD")
        if not FIRST_DAY <= day <= LAST_DAY:
            self.fail("out_of_range")
        return day


class TimestampField(serializers.DateTimeField):
    """A moment with its offset (RFC 3339); shown in UTC."""

    default_error_messages = {
        "no_offset": _("Give the time with its offset, such as 2026-01-31T08:00:00Z."),
        "out_of_range": _("The date must be between 1900 and 2200."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("default_timezone", datetime.UTC)
        super().__init__(**kwargs)

    def to_internal_value(self, value: Any) -> datetime.datetime:
        if not isinstance(value, str) or len(value) > 40 or not value.isascii():
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")
        try:
            moment = datetime.datetime.fromisoformat(value)
        except ValueError:
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")
        if moment.tzinfo is None:
            self.fail("no_offset")
        if not FIRST_DAY.year <= moment.year <= LAST_DAY.year:
            self.fail("out_of_range")
        return moment.astimezone(datetime.UTC)

    def to_representation(self, value: Any) -> str | None:
        return value and value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class TimeField(serializers.TimeField):
    """``hh:mm`` or ``hh:mm:ss``, ASCII digits only."""

    def to_internal_value(self, value: Any) -> datetime.time:
        if not isinstance(value, str) or not value.isascii() or len(value) > 15:
            self.fail("invalid", format="hh:mm[:ss]")
        return super().to_internal_value(value)


class ChoiceField(serializers.ChoiceField):
    """One of the choices, spelt exactly."""

    def to_internal_value(self, data: Any) -> Any:
        if data == "" and self.allow_blank:
            return ""
        if not isinstance(data, str | int) or isinstance(data, bool):
            self.fail("invalid_choice", input=str(data)[:60])
        return super().to_internal_value(data)
