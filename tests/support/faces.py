"""A caller of the API in tests: JSON in and out, keys and versions as the API wants them.

Each answer it gets must be one that the description of the API promises.
"""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from django.contrib.auth.models import Permission
from django.test import Client

from apps.core.models import Company, Membership, User
from tests.support.contract import broken_promise

API = "/api/v1"


def make_member(username: str, *companies: Company, permissions: tuple[str, ...] = ()) -> User:
    """No superuser: member of ``companies``, with ``<app>.<codename>`` permissions."""
    user = User.objects.create_user(username, is_staff=True)
    for company in companies:
        Membership.objects.create(user=user, company=company)
    grant(user, *permissions)
    return user


def grant(user: User, *permissions: str) -> None:
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )


class ApiClient:
    def __init__(self, user: User | None = None) -> None:
        self.client = Client(raise_request_exception=False)
        if user is not None:
            self.client.force_login(user, "apps.core.backends.PermissionBackend")

    def get(self, path: str, **headers: str) -> Any:
        return self._answer(self.client.get(API + path, headers=headers))

    def post(self, path: str, body: Any = None, *, key: str | None = "", **headers: str) -> Any:
        if key is not None:
            headers["Idempotency-Key"] = key or uuid.uuid4().hex
        return self._send("post", path, body, headers)

    def patch(self, path: str, body: Any, *, version: int | None = None, **headers: str) -> Any:
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self._send("patch", path, body, headers)

    def delete(self, path: str, *, version: int | None = None) -> Any:
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return self._answer(self.client.delete(API + path, headers=headers))

    def upload(self, path: str, *, key: str = "", **fields: Any) -> Any:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._answer(self.client.post(API + path, fields, headers=headers))

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        raw = body if isinstance(body, bytes | str) else orjson.dumps(body)
        if body is None:
            raw = b""
        send = getattr(self.client, method)
        return self._answer(send(API + path, raw, content_type="application/json", headers=headers))

    @staticmethod
    def _answer(response: Any) -> Any:
        assert not (broken := broken_promise(response)), (
            f"{response.request['REQUEST_METHOD']} {response.request['PATH_INFO']}: {broken}"
        )
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        response.body = orjson.loads(response.content) if is_json and response.content else None
        return response


def codes(response: Any) -> list[tuple[str | None, str]]:
    """(attr, code) of each error in a refusal."""
    return [(error["attr"], error["code"]) for error in response.body["errors"]]
