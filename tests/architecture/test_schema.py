"""The API describes itself: the schema is made without an error and names every endpoint."""

from __future__ import annotations

import orjson
from django.test import Client

from apps.core.models import User
from tests.architecture.routes import api_endpoints


def test_the_schema_names_every_endpoint(by: User) -> None:
    client = Client()
    client.force_login(by, "apps.core.backends.PermissionBackend")
    answer = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    paths = orjson.loads(answer.content)["paths"]
    described = {
        (method.upper(), path.replace("{code}", "{id}"))
        for path, methods in paths.items()
        for method in methods
    }
    missing = [
        endpoint.name
        for endpoint in api_endpoints()
        if (endpoint.method, "/api/v1" + endpoint.path) not in described
    ]
    assert not missing


def test_names_of_components_are_not_shared(by: User) -> None:
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator

    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        SchemaGenerator().get_schema(public=True)
    clashes = [text for text in GENERATOR_STATS._warn_cache if "identical names" in text]
    assert not clashes
