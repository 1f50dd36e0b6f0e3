"""One text cell to one value of a column, or a reason why not. Nothing is guessed or rounded.

Exports are the same in every language: points, ISO dates, commas between the cells. A spreadsheet
that writes decimals with commas saves them with semicolons in between; such a file is read by its
own rules (``has_commas``), and what could be meant in two ways is refused.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from apps.core.bounds import bounds_of
from apps.core.tables import restored

LONGEST_TEXT = 20_000
_DECIMAL = re.compile(r"-?([0-9]{1,20}(\.[0-9]{1,20})?|\.[0-9]{1,20})", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?", re.ASCII)
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_GROUPED = re.compile(r"-?[0-9]{1,3}(\.[0-9]{3})+", re.ASCII)
_WITH_COMMA = re.compile(r"(-?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)),([0-9]+)", re.ASCII)
_DAY_FIRST = re.compile(r"([0-9]{1,2})([./])([0-9]{1,2})\2([0-9]{4})", re.ASCII)
# The words of the languages that the suite speaks: spreadsheets write them in their own.
_TRUE = {"true", "1", "yes", "y", "x", "wahr", "ja", "verdadero", "sí", "si"}
_FALSE = {"false", "0", "no", "n", "falsch", "nein", "falso"}


class BadCell(ValueError):
    """``code`` is stable; the text is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def value_of(field: models.Field, text: str, *, has_commas: bool = False) -> Any:
    """The value of ``field`` that ``text`` spells. Raises ``BadCell``."""
    if isinstance(field, models.CharField | models.TextField):
        return _text(field, restored(text))
    text = text.strip()
    if has_commas:
        text = _international(field, text)
    if text == "":
        if field.null:
            return None
        if field.has_default():
            return field.get_default()
        raise BadCell("required", _("This cell may not be empty."))
    for kind, parse in _PARSERS:
        if isinstance(field, kind):
            return parse(field, text)
    raise BadCell("unsupported", _("This column can't be imported."))


def _international(field: models.Field, text: str) -> str:
    """``1.234,5`` → ``1234.5`` and ``31.1.2026`` → ``2026-01-31``; other texts as they are."""
    if isinstance(field, models.DecimalField | models.IntegerField):
        if found := _WITH_COMMA.fullmatch(text):
            return f"{found[1].replace('.', '')}.{found[2]}"
        if _GROUPED.fullmatch(text):
            is_whole = isinstance(field, models.IntegerField) or text.count(".") > 1
            if not is_whole and not text.lstrip("-").startswith("0"):
                raise BadCell(
                    "ambiguous_number",
                    _("{text} may be a thousand times {other}. Write one or the other plainly.")
                    .format(text=text, other=text.replace(".", ",")),
                )  # fmt: skip
            return text.replace(".", "") if is_whole else text
    if isinstance(field, models.DateField) and (found := _DAY_FIRST.fullmatch(text)):
        return f"{found[4]}-{found[3]:0>2}-{found[1]:0>2}"
    return text


def _text(field: Any, text: str) -> str:
    text = text.strip() if field.choices or not isinstance(field, models.TextField) else text
    if text == "" and not field.blank:
        if field.has_default():
            return field.get_default()
        raise BadCell("required", _("This cell may not be empty."))
    if field.choices and text:
        return _choice(field, text)
    limit = field.max_length or LONGEST_TEXT
    if len(text) > limit:
        raise BadCell("max_length", _("At most {limit} characters.").format(limit=limit))
    if _CONTROLS.search(text):
        raise BadCell("control_character", _("Control characters are not allowed."))
    if text:
        try:
            field.run_validators(text)
        except ValidationError as error:
            raise BadCell(error.error_list[0].code or "invalid", error.messages[0]) from None
    return text


def _choice(field: Any, text: str) -> str:
    for value, label in field.flatchoices:
        if text == value or text.casefold() == str(label).casefold():
            return value
    known = ", ".join(str(value) for value, _label in field.flatchoices)
    raise BadCell("invalid_choice", _("Choose one of: {known}.").format(known=known))


def _decimal(field: Any, text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise BadCell("invalid", _("Write a number such as 1234.5."))
    value = Decimal(text)
    if value.is_zero() and value.is_signed():
        raise BadCell("negative_zero", _("Minus zero is not allowed."))
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > field.decimal_places:
        raise BadCell(
            "too_many_decimals",
            _("At most {places} decimals are kept.").format(places=field.decimal_places),
        )
    if abs(value) >= Decimal(10) ** (field.max_digits - field.decimal_places):
        raise BadCell("too_large", _("The number is too large."))
    _check_bounds(field, value)
    return value


def _integer(field: Any, text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise BadCell("invalid", _("Write a whole number."))
    value = int(text)
    if isinstance(field, models.PositiveSmallIntegerField) and value > 2**15 - 1:
        raise BadCell("too_large", _("The number is too large."))
    is_big = isinstance(field, models.BigIntegerField | models.PositiveBigIntegerField)
    if abs(value) > (2**63 - 1 if is_big else 2**31 - 1):
        raise BadCell("too_large", _("The number is too large."))
    if value < 0 and "Positive" in type(field).__name__:
        raise BadCell("negative", _("May not be negative."))
    _check_bounds(field, value)
    return value


def _check_bounds(field: Any, value: Any) -> None:
    bounds = bounds_of(field)
    if bounds.is_positive and value <= 0:
        raise BadCell("not_positive", _("Must be greater than zero."))
    if bounds.is_not_negative and value < 0:
        raise BadCell("negative", _("May not be negative."))


def _boolean(field: Any, text: str) -> bool:
    word = text.casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise BadCell("invalid", _("Write true or false."))


def _date(field: Any, text: str) -> datetime.date:
    try:
        if _DATE.fullmatch(text):
            day = datetime.date.fromisoformat(text)
            if 1900 <= day.year <= 2200:
                return day
    except ValueError:
        pass
    raise BadCell("invalid_date", _("Write a date that exists as YYYY-MM-DD."))


def _time(field: Any, text: str) -> datetime.time:
    try:
        if _TIME.fullmatch(text):
            return datetime.time.fromisoformat(text)
    except ValueError:
        pass
    raise BadCell("invalid_time", _("Write a time as hh:mm."))


_PARSERS: tuple[tuple[Any, Any], ...] = (
    (models.DecimalField, _decimal),
    (models.IntegerField, _integer),
    (models.BooleanField, _boolean),
    (models.DateField, _date),
    (models.TimeField, _time),
)
