"""Check digits and check pairs of GS1 keys (GS1 General Specifications, section 7.9)."""

from __future__ import annotations

NOT_DIGITS = "NON_DIGIT_CHARACTER"
#: Character set 82, in the order of its values.
SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_PAIR_SET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PAIR_MODULUS = 1021
_VALUES = {character: value for value, character in enumerate(SET_82)}


def is_digits(text: str) -> bool:
    """Whether ``text`` is of ASCII digits only; so is nothing."""
    return not text.strip("0123456789")


def check_digit(digits: str) -> str:
    """The check digit of ``digits``, which has none yet: GTIN, SSCC, GLN, GSIN and others."""
    total = sum(int(digit) * (1 if n % 2 else 3) for n, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def with_check_digit(digits: str) -> str:
    """``digits`` and their check digit. Raises ``ValueError`` for anything but digits."""
    if not digits or not is_digits(digits):
        raise ValueError(digits)
    return digits + check_digit(digits)


def is_checked(key: str) -> bool:
    """Whether the last digit of ``key`` is its check digit."""
    return len(key) > 1 and is_digits(key) and check_digit(key[:-1]) == key[-1]


def check_pair(text: str) -> str:
    """The two check characters of ``text`` (of set 82, without them), as a GMN ends with."""
    total = sum(
        _VALUES[character] * weight
        for character, weight in zip(reversed(text), _primes(len(text)), strict=True)
    )
    high, low = divmod(total % _PAIR_MODULUS, len(_PAIR_SET))
    return _PAIR_SET[high] + _PAIR_SET[low]


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found
