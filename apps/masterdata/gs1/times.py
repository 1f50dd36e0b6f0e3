"""Dates and times in identifiers."""

from __future__ import annotations

import calendar

from apps.masterdata.gs1.check_digits import NOT_DIGITS, is_digits


def lint_date(text: str, length: int, day_optional: bool = False) -> str:
    if len(text) != length:
        return "DATE_TOO_SHORT" if len(text) < length else "DATE_TOO_LONG"
    if not is_digits(text):
        return NOT_DIGITS
    year, month, day = int(text[:-4]), int(text[-4:-2]), int(text[-2:])
    if length == len("yymmdd"):
        year += 2000
    if not 1 <= month <= 12:
        return "ILLEGAL_MONTH"
    if day == 0 and day_optional:
        return ""
    last = calendar.monthrange(year or 2000, month)[1]
    return "" if 1 <= day <= last else "ILLEGAL_DAY"


def lint_clock(text: str, name: str, limit: int) -> str:
    if len(text) != 2:
        return f"{name}_TOO_SHORT" if len(text) < 2 else f"{name}_TOO_LONG"
    if not is_digits(text):
        return NOT_DIGITS
    return "" if int(text) < limit else f"ILLEGAL_{name}"


def lint_hour_and_minute(text: str) -> str:
    if len(text) != 4:
        return f"HOUR_WITH_MINUTE_TOO_{'SHORT' if len(text) < 4 else 'LONG'}"
    return lint_clock(text[:2], "HOUR", 24) or lint_clock(text[2:], "MINUTE", 60)
