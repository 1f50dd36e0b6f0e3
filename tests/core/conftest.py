from __future__ import annotations

import pytest

from apps.core.models import User
from apps.masterdata.models import ItemCategory, Unit
from tests import factories
from tests.support.faces import ApiClient, make_member


@pytest.fixture
def acme(by: User) -> factories.Company:
    return factories.make_company("ACME", by=by)


@pytest.fixture
def other(by: User) -> factories.Company:
    return factories.make_company("OTHER", by=by)


@pytest.fixture
def nouns(acme: factories.Company, by: User) -> dict[str, object]:
    """A unit and a category of ACME."""
    unit = Unit(company=acme, code="EA", name="Each", dimension="count").save_by(by)
    category = ItemCategory(company=acme, code="RAW", name="Raw").save_by(by)
    return {"unit": unit, "category": category}


ITEM_PERMISSIONS = (
    "masterdata.view_item",
    "masterdata.add_item",
    "masterdata.change_item",
    "masterdata.delete_item",
    "core.add_comment",
    "core.add_attachment",
)


@pytest.fixture
def clerk(acme: factories.Company) -> User:
    return make_member("clerk", acme, permissions=ITEM_PERMISSIONS)


@pytest.fixture
def api(clerk: User) -> ApiClient:
    return ApiClient(clerk)
