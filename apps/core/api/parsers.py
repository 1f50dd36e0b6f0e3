"""JSON as it was sent: decimals stay decimals, and what JSON does not know is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

LONGEST_NUMBER = 60
DEEPEST = 20


def _integer(text: str) -> int | Decimal:
    # "-0" must stay visible as such, so that a field can refuse it
    if len(text) > LONGEST_NUMBER or text == "-0":
        return _decimal(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise ParseError(_("A number is too long."), code="number_too_long")
    return Decimal(text)


def _constant(text: str) -> NoReturn:
    raise ParseError(_("{text} is no JSON.").format(text=text), code="not_a_number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ParseError(_("A key appears twice in one object."), code="duplicate_key")
    return result


_decoder = json.JSONDecoder(
    parse_float=_decimal, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_object
)


def _depth(value: Any, level: int = 1) -> int:
    if level > DEEPEST:
        return level
    children: Any = ()
    if isinstance(value, dict):
        children = value.values()
    elif isinstance(value, list):
        children = value
    return max((_depth(child, level + 1) for child in children), default=level)


class StrictJSONParser(JSONParser):
    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body. Raises ``ParseError`` (400) for anything that is not plain JSON."""
        try:
            value = _decoder.decode(stream.read().decode("utf-8"))
        except RecursionError:
            raise ParseError(_("The body is nested too deeply."), code="too_deep") from None
        except (UnicodeDecodeError, ValueError) as error:
            raise ParseError(
                _("The body is no JSON: {error}").format(error=error), code="parse_error"
            ) from None
        if _depth(value) > DEEPEST:
            raise ParseError(_("The body is nested too deeply."), code="too_deep")
        return value
