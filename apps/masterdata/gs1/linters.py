"""What may stand in a component of an identifier: one check per name in the dictionary.

Each takes the text and gives the code of what is wrong with it, "" when nothing is. Codes and
names are those of the GS1 Barcode Syntax Dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from apps.masterdata.gs1 import check_digits, coupons
from apps.masterdata.gs1.check_digits import NOT_DIGITS, is_digits
from apps.masterdata.gs1.code_lists import (
    COUNTRIES,
    COUNTRY_NUMBERS,
    CURRENCY_NUMBERS,
    PACKAGE_TYPES,
)
from apps.masterdata.gs1.times import lint_clock, lint_date, lint_hour_and_minute

_SET_39 = frozenset("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SET_64 = frozenset("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
_SET_82 = frozenset(check_digits.SET_82)
_LONGEST_WITH_PAIR = 99
_SHORTEST_PREFIX = 4
_IBAN = range(15, 35)
_POSITION = re.compile(r"(\d+)/(\d+)", re.ASCII)
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

Linter = Callable[[str], str]


def _of_set(text: str, allowed: frozenset[str], code: str) -> str:
    return "" if allowed.issuperset(text) else code


def _numeric(text: str) -> str:
    return "" if is_digits(text) else NOT_DIGITS


def _base64(text: str) -> str:
    body = text.rstrip("=")
    if not _SET_64.issuperset(body):
        return "INVALID_CSET64_CHARACTER"
    padding = len(text) - len(body)
    return "INVALID_CSET64_PADDING" if padding > 2 or (padding and len(text) % 3) else ""


def _check_digit(text: str) -> str:
    if not is_digits(text):
        return NOT_DIGITS
    if not text:
        return "TOO_SHORT_FOR_CHECK_DIGIT"
    right = check_digits.check_digit(text[:-1]) == text[-1]
    return "" if right else "INCORRECT_CHECK_DIGIT"


def _check_pair(text: str) -> str:
    if len(text) < 2:
        return "TOO_SHORT_FOR_CHECK_PAIR"
    if len(text) > _LONGEST_WITH_PAIR:
        return "TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION"
    if not _SET_82.issuperset(text):
        return "INVALID_CSET82_CHARACTER"
    return "" if check_digits.check_pair(text[:-2]) == text[-2:] else "INCORRECT_CHECK_PAIR"


def _company_prefix(text: str, start: int) -> str:
    """A key starts with a GS1 Company Prefix: four digits at least."""
    prefix = text[start : start + _SHORTEST_PREFIX]
    if len(prefix) < _SHORTEST_PREFIX:
        return "TOO_SHORT_FOR_GCP"
    return "" if is_digits(prefix) else "INVALID_GCP_PREFIX"


def _iban(text: str) -> str:
    """ISO 13616; the length each country gives it is left to the bank."""
    if len(text) not in _IBAN:
        return "IBAN_TOO_SHORT" if len(text) < _IBAN.start else "IBAN_TOO_LONG"
    if not (text.isascii() and text.isalnum() and text.upper() == text):
        return "INVALID_IBAN_CHARACTER"
    if text[:2] not in COUNTRIES:
        return "ILLEGAL_IBAN_COUNTRY_CODE"
    number = int("".join(str(int(character, 36)) for character in text[4:] + text[:4]))
    return "" if is_digits(text[2:4]) and number % 97 == 1 else "INCORRECT_IBAN_CHECKSUM"


def _piece_of_total(text: str) -> str:
    half, odd = divmod(len(text), 2)
    if odd or not half:
        return "INVALID_LENGTH_FOR_PIECE_OF_TOTAL"
    if not is_digits(text):
        return NOT_DIGITS
    piece, total = int(text[:half]), int(text[half:])
    if not piece:
        return "ZERO_PIECE_NUMBER"
    if not total:
        return "ZERO_TOTAL_PIECES"
    return "PIECE_NUMBER_EXCEEDS_TOTAL" if piece > total else ""


def _position_of_end(text: str) -> str:
    found = _POSITION.fullmatch(text)
    if found is None:
        return "POSITION_IN_SEQUENCE_MALFORMED"
    if any(part.startswith("0") for part in found.groups()):
        return "ILLEGAL_ZERO_PREFIX"
    return "POSITION_EXCEEDS_END" if int(found[1]) > int(found[2]) else ""


def _degrees(text: str, name: str, highest: int) -> str:
    if len(text) != 10:
        return f"{name}_INVALID_LENGTH"
    if not is_digits(text):
        return NOT_DIGITS
    return "" if int(text) <= highest else f"INVALID_{name}"


def _not_zero(text: str) -> str:
    return _numeric(text) or ("" if text.strip("0") else "ILLEGAL_ZERO_VALUE")


def _no_zero_prefix(text: str) -> str:
    return _numeric(text) or ("ILLEGAL_ZERO_PREFIX" if text.startswith("0") else "")


def _importer_index(text: str) -> str:
    if len(text) > 1:
        return "IMPORTER_IDX_MUST_BE_ONE_CHARACTER"
    return "" if text and text in _SET_64 else "INVALID_IMPORT_IDX_CHARACTER"


def _one_of(text: str, allowed: frozenset[str], code: str) -> str:
    return "" if text in allowed else code


_MEDIA = frozenset(f"{n:02}" for n in (*range(1, 11), *range(80, 100)))

LINTERS: dict[str, Linter] = {
    "couponcode": coupons.lint_coupon_code,
    "couponposoffer": coupons.lint_positive_offer,
    "cset39": partial(_of_set, allowed=_SET_39, code="INVALID_CSET39_CHARACTER"),
    "cset64": _base64,
    "cset82": partial(_of_set, allowed=_SET_82, code="INVALID_CSET82_CHARACTER"),
    "csetnumeric": _numeric,
    "csum": _check_digit,
    "csumalpha": _check_pair,
    "gcppos1": partial(_company_prefix, start=0),
    "gcppos2": partial(_company_prefix, start=1),
    "hasnondigit": lambda text: "REQUIRES_NON_DIGIT_CHARACTER" if is_digits(text) else "",
    "hh": partial(lint_clock, name="HOUR", limit=24),
    "hhmi": lint_hour_and_minute,
    "hyphen": lambda text: "" if text and not text.strip("-") else "NOT_HYPHEN",
    "iban": _iban,
    "importeridx": _importer_index,
    "iso3166": partial(_one_of, allowed=COUNTRY_NUMBERS, code="NOT_ISO3166"),
    "iso3166999": partial(_one_of, allowed=COUNTRY_NUMBERS | {"999"}, code="NOT_ISO3166_OR_999"),
    "iso3166alpha2": partial(_one_of, allowed=COUNTRIES, code="NOT_ISO3166_ALPHA2"),
    "iso4217": partial(_one_of, allowed=CURRENCY_NUMBERS, code="NOT_ISO4217"),
    "iso5218": partial(_one_of, allowed=frozenset("0129"), code="INVALID_BIOLOGICAL_SEX_CODE"),
    "latitude": partial(_degrees, name="LATITUDE", highest=1_800_000_000),
    "longitude": partial(_degrees, name="LONGITUDE", highest=3_600_000_000),
    "mediatype": partial(_one_of, allowed=_MEDIA, code="INVALID_MEDIA_TYPE"),
    "mi": partial(lint_clock, name="MINUTE", limit=60),
    "nonzero": _not_zero,
    "nozeroprefix": _no_zero_prefix,
    "packagetype": partial(_one_of, allowed=PACKAGE_TYPES, code="INVALID_PACKAGE_TYPE"),
    "pcenc": lambda text: "INVALID_PERCENT_SEQUENCE" if _ESCAPE.search(text) else "",
    "pieceoftotal": _piece_of_total,
    "posinseqslash": _position_of_end,
    "ss": partial(lint_clock, name="SECOND", limit=60),
    "winding": partial(_one_of, allowed=frozenset("019"), code="INVALID_WINDING_DIRECTION"),
    "yesno": partial(_one_of, allowed=frozenset("01"), code="NOT_ZERO_OR_ONE"),
    "yymmd0": partial(lint_date, length=6, day_optional=True),
    "yymmdd": partial(lint_date, length=6),
    "yyyymmdd": partial(lint_date, length=8),
    "zero": lambda text: "NOT_ZERO" if text.strip("0") else "",
}
LINTERS["key"] = LINTERS["gcppos1"]
LINTERS["keyoff1"] = LINTERS["gcppos2"]
