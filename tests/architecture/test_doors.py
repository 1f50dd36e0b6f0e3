"""Every noun and document has its doors: the API, the admin; nouns come and go as tables."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin

from apps.core.api.registry import routers
from apps.core.models import Document, MasterData

#: Nouns that are no table of their own, and why.
NO_TABLE = {
    "finance.dunningterms": "comes with its levels, three at most, by the API",
    "finance.recurringinvoice": "drafts in its owner's name, which a file can't give",
    "hr.paystructure": "comes with its components and inputs, by the API",
    "reporting.alertrule": "runs with its owner's rights, which a file can't give",
    "reporting.dashboard": "belongs to who made it, out of his saved reports",
    "reporting.reportschedule": "sends with its owner's rights, which a file can't give",
    "reporting.savedreport": "belongs to who saved it; its question is an address to pass on",
    "integration.machineconnection": "acts as a service account, which a file can't give",
    "integration.serviceaccount": "makes a user: by hand or by the API, never from a file",
    "integration.webhookendpoint": "has a secret that is shown once",
}


def _viewsets() -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for router in routers():
        for _prefix, viewset, _basename in router.registry:
            if hasattr(viewset, "model_class"):
                found.setdefault(viewset.model_class(), []).append(viewset)
    return found


MODELS = [m for m in apps.get_models() if issubclass(m, MasterData | Document)]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label_lower)
def test_it_has_its_doors(model: Any) -> None:
    viewsets = _viewsets().get(model, [])
    assert viewsets, "no endpoint"
    assert model in admin.site._registry, "no page"
    if not issubclass(model, MasterData) or model._meta.label_lower in NO_TABLE:
        return
    assert any(getattr(v, "resource_class", None) for v in viewsets), "no import by the API"
    assert getattr(admin.site._registry[model], "resource_class", None), "no import in the admin"


def test_the_exceptions_exist() -> None:
    assert {m._meta.label_lower for m in MODELS} >= NO_TABLE.keys()
