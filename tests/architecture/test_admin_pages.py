"""Every page of the admin opens: lists, empty forms and the form of a row of each model."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import DatabaseError, transaction
from django.test import Client

from apps.core.models import User
from tests import factories
from tests.architecture.rows import make_row

MODELS = sorted(
    (m for m in admin.site._registry if m.__module__.startswith("apps.")),
    key=lambda m: m._meta.label_lower,
)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label_lower)
def test_its_pages_open(model: type[Any], by: User) -> None:
    company = factories.make_company("PAGES", by=by)
    client = Client()
    client.force_login(by, "apps.core.backends.PermissionBackend")
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    assert client.get(base).status_code == 200
    may_add = admin.site._registry[model].has_add_permission(_request(by))
    assert client.get(f"{base}add/").status_code == (200 if may_add else 403)
    row = company if isinstance(company, model) else _made(model, company, by)
    if row is None:
        pytest.skip("only a service can make such a row; the tests of its app open its page")
    assert client.get(base).status_code == 200
    assert client.get(f"{base}{row.pk}/change/").status_code == 200
    if hasattr(row, "history"):
        assert client.get(f"{base}{row.pk}/history/").status_code == 200


def _request(user: User) -> Any:
    from django.test import RequestFactory

    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def _made(model: type[Any], company: Any, by: User) -> Any:
    try:
        with transaction.atomic():
            return make_row(model, company, by)
    except (DatabaseError, ValueError, TypeError):
        return None
