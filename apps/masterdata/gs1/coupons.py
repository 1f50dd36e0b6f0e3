"""North American coupon codes: the identifiers 8110 and 8112.

A coupon is a sequence of fields; many start with a digit that tells how long they are (``VLI``).
Source: GS1 US, North American Coupon Application Guideline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apps.masterdata.gs1.check_digits import NOT_DIGITS, is_digits
from apps.masterdata.gs1.times import lint_date

_PURCHASE_CODES = "012349"


class _Wrong(Exception):
    """``args[0]`` is the code."""


@dataclass(slots=True)
class _Reader:
    """Takes fields from the front of ``text``."""

    text: str

    def take(self, length: int, name: str) -> str:
        if len(self.text) < length:
            raise _Wrong(f"COUPON_TRUNCATED_{name}")
        taken, self.text = self.text[:length], self.text[length:]
        return taken

    def digit(self, name: str) -> str:
        if not self.text:
            raise _Wrong(f"COUPON_MISSING_{name}")
        return self.take(1, name)

    def code(self, allowed: str, name: str) -> str:
        taken = self.digit(name)
        if taken not in allowed:
            raise _Wrong(f"COUPON_INVALID_{name}")
        return taken

    def variable(self, name: str, lengths: str, *, more: int = 0, none: str = "") -> None:
        """A length digit of ``lengths``, then ``more`` digits than it says; ``none``: nothing."""
        digit = self.digit(f"{name}_VLI")
        if digit == none:
            return
        if digit not in lengths:
            raise _Wrong(f"COUPON_INVALID_{name}_LENGTH")
        self.take(int(digit) + more, name)

    def purchase(self, order: str, *, first: bool = False) -> None:
        name = f"{order}_PURCHASE"
        self.variable(f"{name}_REQUIREMENT", "12345")
        self.code(_PURCHASE_CODES, f"{name}_REQUIREMENT_CODE")
        self.take(3, f"{name}_FAMILY_CODE")
        if not first:
            self.variable(f"{name}_GCP", "0123456", more=6, none="9")

    def date(self, name: str) -> None:
        if lint_date(self.take(6, name), 6):
            raise _Wrong(f"COUPON_INVALID_{name}")


def lint_coupon_code(text: str) -> str:
    """8110: what is wrong with a coupon code, "" when nothing is."""
    return _lint(text, _coupon_code)


def lint_positive_offer(text: str) -> str:
    """8112: what is wrong with a positive offer file coupon, "" when nothing is."""
    return _lint(text, _positive_offer)


def _lint(text: str, read: Callable[[_Reader], None]) -> str:
    if not is_digits(text):
        return NOT_DIGITS
    try:
        read(_Reader(text))
    except _Wrong as wrong:
        return str(wrong.args[0])
    return ""


def _coupon_code(reader: _Reader) -> None:
    digit = reader.digit("PRIMARY_GCP_VLI")
    if digit not in "0123456":
        raise _Wrong("COUPON_INVALID_GCP_LENGTH")
    reader.take(int(digit) + 6, "PRIMARY_GCP")
    reader.take(6, "OFFER_CODE")
    reader.variable("SAVE_VALUE", "12345")
    reader.purchase("1ST", first=True)
    last = "0"
    while reader.text:
        field = reader.digit("DATA_FIELD")
        if field not in _OPTIONAL or field <= last:
            raise _Wrong("COUPON_EXCESS_DATA")
        last = field
        _OPTIONAL[field](reader)


def _second_purchase(reader: _Reader) -> None:
    reader.code("0123", "ADDITIONAL_PURCHASE_RULES_CODE")
    reader.purchase("2ND")


def _miscellaneous(reader: _Reader) -> None:
    reader.code("01256", "SAVE_VALUE_CODE")
    reader.code("012", "SAVE_VALUE_APPLIES_TO_ITEM")
    reader.digit("STORE_COUPON_FLAG")
    reader.code("01", "DONT_MULTIPLY_FLAG")


def _positive_offer(reader: _Reader) -> None:
    reader.code("01", "FORMAT_CODE")
    reader.variable("FUNDER", "0123456", more=6)
    reader.take(6, "OFFER_CODE")
    reader.variable("SERIAL_NUMBER", "0123456789", more=6)
    if reader.text:
        raise _Wrong("COUPON_EXCESS_DATA")


_OPTIONAL: dict[str, Callable[[_Reader], None]] = {
    "1": _second_purchase,
    "2": lambda reader: reader.purchase("3RD"),
    "3": lambda reader: reader.date("EXPIRATION_DATE"),
    "4": lambda reader: reader.date("START_DATE"),
    "5": lambda reader: reader.variable("SERIAL_NUMBER", "0123456789", more=6),
    "6": lambda reader: reader.variable("RETAILER_GCP_OR_GLN", "1234567", more=6),
    "9": _miscellaneous,
}
