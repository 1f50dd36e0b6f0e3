"""What no careful caller sends: values, headers, parameters and bodies."""

from __future__ import annotations

import itertools
from typing import Any

NASTY: tuple[Any, ...] = (
    "\0", "a\0b", "", " ", "\t", "\n", "x" * 10_000, "x" * 201, "é" * 300, "\ud800", "a\udfffb",
    "\u202e", "\ufeff", "\u0000\u0001", "\U0001d7d9", "\u0661\u0662\u0663", "½", "1e400",
    "-0", "+1", "0x10", "1_000", "1,5",
    "NaN", "Infinity", "-Infinity", "null", "true", "[]", "{}", "%00", "../../etc/passwd",
    "' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "%s%n", "0000-00-00", "0001-01-01",
    "9999-12-31", "10000-01-01", "2026-02-30", "2026-13-01", "1-1-1", "2026-01-01T00:00:00",
    "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+14:00", "24:00", "99999999999999999999",
    "1" * 400, "0." + "1" * 400, "-99999999999999.999999", "1e-400",
    0, -1, 1, 2**31, 2**31 - 1, -(2**31) - 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**400,
    0.1, -0.0, 1e308, 1e-308, float("nan"), float("inf"), float("-inf"),
    True, False, None, [], {}, [[]], [None], {"": ""}, {"a": {"b": {"c": []}}},
)  # fmt: skip
HEADERS: tuple[tuple[str, str], ...] = tuple(
    itertools.chain(
        (("If-Match", v) for v in ("", "*", '"', '"x"', '"99999999999"', 'W/"1"', '"1", "2"', "é")),
        (("Idempotency-Key", v) for v in ("", " ", "x" * 101, "a\tb", "é", "\x7f")),
        (("X-Company", v) for v in ("", "?", "0", "-1", "9" * 40, "é", "' OR 1=1")),
        (("Change-Reason", v) for v in ("x" * 501, "\x01", "é")),
        (("X-Request-ID", v) for v in ("", "x" * 500, "é")),
        (("Accept", v) for v in ("text/html", "application/xml", "", "a/b;q=x")),
        (("Accept-Language", v) for v in ("", "xx", "de;q=NaN", "é" * 50)),
        (("Authorization", v) for v in ("Token", "Token x", "Basic YTpi", "é")),
    )
)
QUERIES = (
    "cursor=x", "cursor=", "cursor=%00", "cursor=bnVsbA==", "cursor=W10=", "cursor=WzFd",
    "cursor=" + "A" * 3000, "page_size=0", "page_size=-1", "page_size=501", "page_size=1e3",
    "page_size=99999999999999999999", "ordering=", "ordering=--id", "ordering=password",
    "search=%00",
    "search=" + "x" * 3000, "search=%FF", "id=x", "unknown=1", "%FF=%FF", "company=0", "company=x",
    "company=99999999999999999999", "date_from=0001-01-01",
    "date_to=9999-12-31", "date=2026-02-30",
    "period=2026-13", "as=exe", "dry_run=maybe",
)  # fmt: skip
BODIES: tuple[tuple[bytes, str], ...] = (
    (b"", "application/json"),
    (b"{", "application/json"),
    (b"\xff\xfe", "application/json"),
    (b'{"a": NaN}', "application/json"),
    (b'{"a": 1e999999}', "application/json"),
    (b'{"a": ' + b"9" * 5000 + b"}", "application/json"),
    (b'{"a": "\\ud800"}', "application/json"),
    (b'{"a": 1, "a": 2}', "application/json"),
    (b"[" * 5000 + b"]" * 5000, "application/json"),
    (b'{"a":' * 1000 + b"1" + b"}" * 1000, "application/json"),
    (b"null", "application/json"),
    (b"[]", "application/json"),
    (b'"text"', "application/json"),
    (b"a=1", "application/x-www-form-urlencoded"),
    (b"<a/>", "application/xml"),
    (b"{}", "application/json; charset=utf-16"),
    (b"{}", "nonsense"),
    (b"{}", ""),
    (b"--x\r\n\r\n--x--", "multipart/form-data"),
    (b"--x\r\ncontent-disposition: form-data\r\n\r\nx", "multipart/form-data; boundary=x"),
)
