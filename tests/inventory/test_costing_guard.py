"""An item in stock keeps its costing and its category, whoever asks and through which door."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connections, transaction

from apps.core.tables import Row, Table
from apps.inventory.models import CostLayer
from apps.masterdata.models import Item, ItemCategory
from apps.masterdata.resources import ItemResource
from tests.factories import make_books
from tests.inventory.conftest import Warehouse, make_warehouse
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled


@pytest.fixture
def stocked(warehouse: Warehouse) -> Item:
    item = warehouse.item("fifo", code="BOLT")
    warehouse.receive(item, "10", "2")
    return item


@pytest.fixture
def other(warehouse: Warehouse) -> Item:
    """Not in stock, and of another costing."""
    return warehouse.item("average", code="NUT")


def test_the_api_names_field_and_reason(warehouse: Warehouse, stocked: Item, other: Item) -> None:
    api = ApiClient(warehouse.books.by)
    place = f"/masterdata/items/{stocked.pk}/"
    answer = api.patch(place, {"category": other.category.code}, version=stocked.version)
    assert answer.status_code == 409, answer.body
    [error] = answer.body["errors"]
    assert (error["code"], error["attr"]) == ("in_stock", "category")
    category = stocked.category
    place = f"/masterdata/item-categories/{category.pk}/"
    answer = api.patch(place, {"costing": "standard"}, version=category.version)
    assert answer.body["errors"][0]["attr"] == "costing"
    stocked.refresh_from_db()
    category.refresh_from_db()
    assert (stocked.category, category.costing) == (category, "fifo")
    assert_reconciled()


def test_an_import_says_so_and_writes_nothing(
    warehouse: Warehouse, stocked: Item, other: Item
) -> None:
    cells = [{"code": "BOLT", "category": other.category.code}, {"code": "NUT", "category": "fifo"}]
    rows = [Row(line, row) for line, row in enumerate(cells, start=2)]
    table = Table(("code", "category"), rows)
    about: dict[str, Any] = {"company": warehouse.books.company, "by": warehouse.books.by}
    report = ItemResource().run_import(table, **about)
    assert [(error.code, error.field) for error in report.errors] == [("in_stock", "category")]
    assert Item.objects.get(code="NUT").category == other.category


def test_without_stock_both_may_change(warehouse: Warehouse, stocked: Item) -> None:
    warehouse.ship(stocked, "10")
    api = ApiClient(warehouse.books.by)
    category = stocked.category
    place = f"/masterdata/item-categories/{category.pk}/"
    assert api.patch(place, {"costing": "average"}, version=category.version).status_code == 200
    warehouse.receive(stocked, "4", "3")
    warehouse.ship(stocked, "1")
    assert warehouse.worth(stocked) == 9
    assert_reconciled()


@pytest.mark.reliability
@pytest.mark.django_db(transaction=True)
def test_a_posting_that_waited_for_the_change_goes_by_it() -> None:
    """The first receipt comes while the costing changes from average to first in, first out."""
    warehouse = make_warehouse(make_books())
    item = warehouse.item("average")
    warehouse.receive(item, "1", "2")
    warehouse.ship(item, "1")
    changed = Event()

    def receive() -> None:
        assert changed.wait(10)
        warehouse.receive(item, "5", "4")
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ItemCategory.objects.filter(pk=item.category_id).update(costing="fifo")
            waiting = pool.submit(receive)
            changed.set()
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
        waiting.result(10)
    assert CostLayer.objects.filter(item=item, value_left=20).exists()
    assert_reconciled()
