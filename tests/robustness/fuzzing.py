"""Requests made of the whole OpenAPI schema, filled with real rows, then spoiled.

schemathesis makes bodies and parameters that the schema allows. References and addresses are then
pointed at rows that exist, so that requests get past the door; each request is also sent spoiled:
one value replaced by something nasty, or a header, cursor or content type broken.
"""

from __future__ import annotations

import contextlib
import copy
import json
import random
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote

import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import got_request_exception
from django.db import DatabaseError, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from requests import Request
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.core.models import Company, User
from tests.architecture.routes import api_endpoints
from tests.architecture.rows import make_row
from tests.robustness.nasty import BODIES, HEADERS, NASTY, QUERIES
from tests.support.contract import broken_words, openapi, operation_at

API = "/api/v1"
#: What every answer must be; with ``conforms`` schemathesis, too, holds it against the schema.
SOUND = [not_a_server_error]
CONFORMING = [
    *SOUND,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
#: Share of addresses and references that are pointed at rows which exist.
REAL = 0.85
MOST_ROWS = 3


@dataclass
class Fault:
    """A request whose answer is not what the schema promises, or no answer at all."""

    operation: str
    sent: str
    why: str

    def __str__(self) -> str:
        return f"{self.operation}\n    {self.sent}\n    {self.why}"


@dataclass
class Fuzzer:
    """Sends requests as one caller and collects faults, the first of each operation and kind."""

    client: Client
    rows: dict[str, list[Any]]
    seed: int = 0
    conforms: bool = False
    sent: int = 0
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client.raise_request_exception = False
        self.schema = load_schema()
        self.references = _references(self.schema.raw_schema)
        self.models = {
            (endpoint.method, API + endpoint.path): endpoint.model._meta.label_lower
            for endpoint in api_endpoints()
            if endpoint.model is not None
        }
        self._raised: list[BaseException] = []
        got_request_exception.connect(self._note)

    def close(self) -> None:
        got_request_exception.disconnect(self._note)

    def operations(self, app: str | None = None) -> Iterator[Any]:
        prefix = f"{API}/{app}/" if app else API
        for found in self.schema.get_all_operations():
            operation = found.ok()
            if operation.path.startswith(prefix):
                yield operation

    def fuzz(self, operation: Any, examples: int, *, spoil: int = 3) -> None:
        """``examples`` requests that the schema allows, each sent also in ``spoil`` bad forms."""
        rng = random.Random(f"{self.seed}:{operation.label}")  # noqa: S311 - repeatable
        for case in _cases(operation, examples, self.seed):
            request = self._request(operation, case, rng)
            self._try(operation, case, request)
            for _n in range(spoil):
                self._try(operation, case, self._spoiled(request, rng))

    # --- one request -----------------------------------------------------------------------

    def _request(self, operation: Any, case: Any, rng: random.Random) -> dict[str, Any]:
        path = operation.path
        label = self.models.get((operation.method.upper(), path), "")
        for name, value in (case.path_parameters or {}).items():
            known = self.rows.get(label)
            if known and rng.random() < REAL:
                value = rng.choice(known)
            path = path.replace(f"{{{name}}}", _quoted(value))
        headers = {
            "Idempotency-Key": f"{rng.random()}",
            "If-Match": f'"{rng.choice((1, 1, 1, 2))}"',
        }
        body, kind = case.body, case.media_type or "application/json"
        if kind == "application/json":
            body = self._filled(copy.deepcopy(_plain(body)), rng)
        query = {
            name: rng.choice(self.rows[self._label(name, rng)])
            if self._label(name, rng) in self.rows and rng.random() < REAL
            else _text(value)
            for name, value in (case.query or {}).items()
        }
        return {
            "method": operation.method.lower(),
            "path": path,
            "headers": headers,
            "body": body,
            "kind": kind,
            "query": query,
        }

    def _label(self, name: str, rng: random.Random) -> str:
        labels = self.references.get(name)
        return rng.choice(labels) if labels else ""

    def _filled(self, value: Any, rng: random.Random, name: str = "") -> Any:
        """References pointed at rows that exist; dates moved to where the books are open."""
        if isinstance(value, dict):
            return {key: self._filled(inner, rng, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._filled(inner, rng, name) for inner in value]
        label = self._label(name, rng)
        if label in self.rows and isinstance(value, int | str) and rng.random() < REAL:
            return rng.choice(self.rows[label])
        if isinstance(value, str) and rng.random() < REAL:
            if len(value) == 10 and value[4:5] == value[7:8] == "-":
                return f"2026-0{rng.randint(1, 9)}-{rng.randint(10, 28)}"
            if len(value) >= 19 and value[10:11] == "T":
                return (
                    f"2026-0{rng.randint(1, 9)}-{rng.randint(10, 28)}T{rng.randint(10, 23)}:00:00Z"
                )
            if value and value.strip("-0123456789.") == "":
                return str(rng.choice(("1", "2", "10", "0.5", value)))
        return value

    def _spoiled(self, request: dict[str, Any], rng: random.Random) -> dict[str, Any]:
        bad = copy.deepcopy(request)
        bad["headers"]["Idempotency-Key"] = f"{rng.random()}"
        what = rng.random()
        if what < 0.15:
            name, value = rng.choice(HEADERS)
            bad["headers"][name] = value
        elif what < 0.3 or bad["method"] == "get":
            bad["raw_query"] = rng.choice(QUERIES)
            if bad["query"] and rng.random() < 0.5:
                name = rng.choice(sorted(bad["query"]))
                bad["query"][name] = rng.choice(NASTY)
        elif what < 0.4:
            bad["body"], bad["kind"] = rng.choice(BODIES)
        elif isinstance(bad["body"], dict | list) and bad["body"]:
            _spoil_one(bad["body"], rng)
        else:
            bad["body"] = rng.choice(NASTY)
        return bad

    def _try(self, operation: Any, case: Any, request: dict[str, Any]) -> None:
        body = request["body"]
        if not isinstance(body, bytes):
            body = b"" if body is _NOTHING else _dumped(body)
        kind = request["kind"]
        more: dict[str, Any] = {}
        if request["method"] != "get":
            more = {"data": body, "content_type": kind}
            if kind == "multipart/form-data" and isinstance(request["body"], dict):
                more = {"data": _multipart(request["body"])}
        address = request["path"]
        pairs = [f"{_quoted(n)}={_quoted(v)}" for n, v in request["query"].items()]
        query = "&".join(filter(None, [*pairs, request.get("raw_query", "")]))
        if query:
            address = f"{address}?{query}"
        self._raised.clear()
        send = getattr(self.client, request["method"])
        try:
            answer = send(address, headers=request["headers"], **more)
        except (UnicodeError, ValueError) as error:
            if "wsgi" in str(error):
                return
            raise
        self.sent += 1
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        why = self._judge(operation, case, answer)
        if why:
            shown = (
                f"{request['method'].upper()} {address[:300]} {request['headers']} {body[:600]!r}"
            )
            key = (operation.label, why[:60])
            self.faults.setdefault(key, Fault(operation.label, shown, why[:1500]))

    def _judge(self, operation: Any, case: Any, answer: Any) -> str:
        if self._raised:
            error = self._raised[-1]
            return f"{answer.status_code}: {type(error).__name__}: {error} {_place(error)}"
        if answer.status_code in (405, 406):
            return ""
        content = answer.getvalue() if answer.streaming else answer.content
        promised = operation_at(operation.path, operation.method.lower())
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        if promised and (broken := broken_words(promised, answer.status_code, kind, content)):
            return broken
        response = schemathesis.Response(
            status_code=answer.status_code,
            headers={name.lower(): [value] for name, value in answer.items()},
            content=content,
            request=_REQUEST,
            elapsed=0.0,
            verify=False,
        )
        try:
            case.validate_response(response, checks=CONFORMING if self.conforms else SOUND)
        except BaseExceptionGroup as group:
            return "; ".join(f"{type(e).__name__}: {e}" for e in group.exceptions)
        except AssertionError as error:
            return f"{type(error).__name__}: {error}"
        return ""

    def _note(self, **_more: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None:
            self._raised.append(error)


_NOTHING: Any = ...  # the same after a deep copy
#: schemathesis shows it in its messages; ours name the request themselves.
_REQUEST = Request("GET", "http://testserver/").prepare()


@cache
def load_schema() -> Any:
    """The schema as callers get it, read by schemathesis; once per process."""
    return schemathesis.openapi.from_dict(openapi())


def fill_tables(company: Company, by: User) -> dict[str, list[Any]]:
    """A row of every model of the API, made where the company has none: label → keys."""
    rows: dict[str, list[Any]] = {}
    for endpoint in api_endpoints():
        model = endpoint.model
        if model is None or model._meta.label_lower in rows:
            continue
        has_company = any(f.name == "company" for f in model._meta.concrete_fields)
        found = model._default_manager.filter(company=company) if has_company else (
            model._default_manager.all()
        )  # fmt: skip
        if not found.exists():
            try:
                with transaction.atomic():
                    make_row(model, company, by)
            except (DatabaseError, ValueError, TypeError):
                continue
        rows[model._meta.label_lower] = list(found.values_list("pk", flat=True)[:MOST_ROWS])
    return {label: keys for label, keys in rows.items() if keys}


def _cases(operation: Any, examples: int, seed: int) -> list[Any]:
    found: list[Any] = []
    strategy = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)

    @seeded(seed)
    @settings(
        max_examples=examples,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def collect(case: Any) -> None:
        found.append(case)

    with contextlib.suppress(Unsatisfiable):
        collect()
    return found[:examples]


def _references(schema: dict[str, Any]) -> dict[str, list[str]]:
    """Field name → models that fields of this name refer to, in any body or parameter."""
    found: dict[str, set[str]] = {}

    def walk(node: Any, name: str = "") -> None:
        if isinstance(node, dict):
            if isinstance(node.get("x-reference"), str):
                found.setdefault(name, set()).add(node["x-reference"])
            for key, inner in node.get("properties", {}).items():
                walk(inner, key)
            for key, inner in node.items():
                if key != "properties":
                    walk(inner, name)
        elif isinstance(node, list):
            for inner in node:
                walk(inner, name)

    walk(schema["components"]["schemas"])
    return {name: sorted(labels) for name, labels in found.items()}


def _spoil_one(body: Any, rng: random.Random) -> None:
    """Put something nasty in one place of ``body``."""
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, inner in list(items):
            places.append((node, key))
            if isinstance(inner, dict | list):
                walk(inner)

    walk(body)
    if not places:
        return
    node, key = rng.choice(places)
    node[key] = rng.choice(NASTY)


def _plain(body: Any) -> Any:
    if type(body).__name__ == "NotSet":
        return _NOTHING
    return body


def _text(value: Any) -> Any:
    """schemathesis' own texts can't be copied."""
    return "".join(value) if isinstance(value, str) else value


def _dumped(body: Any) -> bytes:
    """JSON that may hold NaN and lone surrogates, as a careless client would send it."""
    try:
        return json.dumps(body, default=str).encode()
    except (UnicodeError, ValueError):
        return b"{}"


def _multipart(body: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in body.items():
        data = getattr(value, "data", value)
        if isinstance(data, bytes):
            result[name] = SimpleUploadedFile("file.csv", data)
        elif data is not None:
            text = data if isinstance(data, str) else json.dumps(data, default=str)
            result[name] = text.encode("utf-8", "replace").decode()
    return result


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def _place(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/apps/" in f.filename]
    return " ← ".join(
        f"{f.filename.rpartition('/apps/')[2]}:{f.lineno}" for f in reversed(frames[-4:])
    )
