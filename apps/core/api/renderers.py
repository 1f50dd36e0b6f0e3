"""JSON out, by orjson: decimals as plain strings, times in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def plain(value: Any) -> Any:
    """What JSON has no word for: a decimal becomes its digits, a lazy text a text."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def to_json(data: Any) -> bytes:
    try:
        return orjson.dumps(data, default=plain, option=_OPTIONS)
    except orjson.JSONEncodeError:
        return orjson.dumps(_readable(data), default=plain, option=_OPTIONS)


def _readable(data: Any) -> Any:
    """Half characters, quoted from what was sent, as their escapes: no encoding has them."""
    if isinstance(data, Mapping):
        return {_readable(name): _readable(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [_readable(value) for value in data]
    if isinstance(data, str):
        return data.encode("utf-8", "backslashreplace").decode()
    return data


def to_plain(data: Any) -> Any:
    """``data`` as it will read after a round through JSON; for answers that are kept."""
    return orjson.loads(to_json(data))


class FastJSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else to_json(data)
