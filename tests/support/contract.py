"""Holds answers of the API against its own description, as a strict caller would read it.

Stricter than JSON Schema asks: an object with described properties has no others.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

#: Answers that come from before or beside the operation: no method, no agreed format, overload.
BESIDE = {405, 406, 413, 429, 503}
_DEFINITIONS = "#/components/schemas/"


def broken_promise(response: Any) -> str:
    """What ``response`` (of Django's test client) says that the description doesn't; or ''."""
    request = response.request
    method = request["REQUEST_METHOD"].lower()
    if response.status_code in BESIDE or method not in ("get", "post", "patch", "put", "delete"):
        return ""
    operation = operation_at(request["PATH_INFO"], method)
    if operation is None:
        return "" if response.status_code == 404 else f"no operation {method} is described here"
    content = b"".join(response.streaming_content) if response.streaming else response.content
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    return broken_words(operation, response.status_code, kind, content)


def broken_words(operation: dict[str, Any], status: int, kind: str, content: bytes) -> str:
    described = operation["responses"].get(str(status))
    if described is None:
        return f"{status} is not described, only {', '.join(operation['responses'])}"
    kinds = described.get("content", {})
    if not kinds:
        return "there should be no body" if content else ""
    if kind not in kinds:
        return f"{kind or 'no type'} is not described, only {', '.join(kinds)}"
    if kind != "application/json":
        return ""
    validator = _validator(operation["operationId"], str(status))
    errors = [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in validator.iter_errors(orjson.loads(content))
    ]
    return "; ".join(errors[:5])[:1500]


def operation_at(path: str, method: str) -> dict[str, Any] | None:
    node = _tree()
    for part in path.split("/"):
        found = node.get(part) or node.get("{}")
        if found is None:
            return None
        node = found
    operation: dict[str, Any] | None = node.get("", {}).get(method)
    return operation


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document, its schemas as plain JSON Schema."""
    document: dict[str, Any] = _as_json_schema(openapi())
    for name, schema in document["components"]["schemas"].items():
        if not name.endswith("Request"):
            _close(schema)
    return document


def openapi() -> Any:
    """Making it takes seconds, so it is kept until a file of the programs changes."""
    root = Path(settings.BASE_DIR)
    state = hashlib.sha256()
    for file in sorted((*root.glob("apps/**/*.py"), *root.glob("mes_erp/**/*.py"))):
        facts = file.stat()
        state.update(f"{file}:{facts.st_mtime_ns}:{facts.st_size};".encode())
    kept = settings.VAR_DIR / f"openapi-{state.hexdigest()[:16]}.json"
    if not kept.exists():
        made = SchemaGenerator().get_schema(public=True)
        for old in settings.VAR_DIR.glob("openapi-*.json"):
            old.unlink(missing_ok=True)
        write_atomically(kept, orjson.dumps(made, default=str))
    return orjson.loads(kept.read_bytes())


def write_atomically(path: Path, content: bytes) -> None:
    """Another test process may read it at the same moment."""
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)


@cache
def operations() -> dict[str, tuple[str, str]]:
    """``operationId`` → method and path."""
    return {
        operation["operationId"]: (method, path)
        for path, methods in description()["paths"].items()
        for method, operation in methods.items()
    }


@cache
def _tree() -> dict[str, Any]:
    """Operations by the parts of their path; ``{}`` stands for any part."""
    root: dict[str, Any] = {}
    for path, methods in description()["paths"].items():
        node = root
        for part in path.split("/"):
            node = node.setdefault("{}" if part.startswith("{") else part, {})
        node[""] = methods
    return root


@cache
def _validator(operation_id: str, status: str) -> Any:
    method, path = operations()[operation_id]
    schema = description()["paths"][path][method]["responses"][status]["content"]
    schema = schema["application/json"]["schema"]
    schemas = description()["components"]["schemas"]
    used: dict[str, Any] = {}
    waiting = list(_names_in(schema))
    while waiting:
        name = waiting.pop()
        if name not in used:
            used[name] = schemas[name]
            waiting.extend(_names_in(schemas[name]))
    whole = {"allOf": [schema], "components": {"schemas": used}}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def _names_in(node: Any) -> Any:
    if isinstance(node, dict):
        target = node.get("$ref")
        if isinstance(target, str):
            yield target.removeprefix(_DEFINITIONS)
        for value in node.values():
            yield from _names_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from _names_in(value)


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0's ``nullable`` in JSON Schema's words."""
    if isinstance(node, list):
        return [_as_json_schema(value) for value in node]
    if not isinstance(node, dict):
        return node
    result = {name: _as_json_schema(value) for name, value in node.items()}
    if result.get("nullable") is True:
        del result["nullable"]
        return {"anyOf": [result, {"type": "null"}]}
    return result


def _close(node: Any) -> None:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            node.setdefault("additionalProperties", False)
        for value in node.values():
            _close(value)
    elif isinstance(node, list):
        for value in node:
            _close(value)
