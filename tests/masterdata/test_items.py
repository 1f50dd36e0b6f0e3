from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import BusinessError, InvalidInput, StaleVersion
from apps.core.models import Company, User
from apps.masterdata.models import Item, ItemCategory, Unit
from apps.masterdata.services.items import (
    create_item,
    create_item_unit,
    update_item,
    update_item_unit,
)
from apps.masterdata.services.units import conversion_ratio, to_stock_quantity
from tests import factories


@pytest.fixture
def acme(by: User) -> Company:
    return factories.make_company("ACME", by=by)


def unit(
    acme: Company, by: User, code: str, dimension: str = "count", n: int = 1, d: int = 1
) -> Unit:
    return Unit(
        company=acme, code=code, name=code, dimension=dimension, numerator=n, denominator=d
    ).save_by(by)


@pytest.fixture
def item(acme: Company, by: User) -> Item:
    category = ItemCategory(company=acme, code="RAW", name="Raw").save_by(by)
    return create_item(
        company=acme, code="BOLT", name="Bolt", category=category, unit=unit(acme, by, "EA"), by=by
    )


def test_own_units_are_kept_in_lowest_terms(item: Item, acme: Company, by: User) -> None:
    box = unit(acme, by, "BX")
    row = create_item_unit(company=acme, item=item, unit=box, numerator=300, denominator=200, by=by)
    assert (row.numerator, row.denominator) == (3, 2)
    assert conversion_ratio(item, box) == Fraction(3, 2)
    changed = update_item_unit(row, numerator=1, denominator=3, version=1, by=by)
    assert (changed.numerator, changed.denominator, changed.version) == (1, 3, 2)
    assert to_stock_quantity(Item.objects.get(), Decimal(3), box) == Decimal(1)


def test_the_stock_unit_is_no_other_unit(item: Item, acme: Company, by: User) -> None:
    with pytest.raises(InvalidInput, match="stock unit"):
        create_item_unit(company=acme, item=item, unit=item.unit, by=by)


def test_the_stock_unit_stays_while_others_hang_on_it(item: Item, acme: Company, by: User) -> None:
    box = unit(acme, by, "BX")
    create_item_unit(company=acme, item=item, unit=box, numerator=100, by=by)
    with pytest.raises(BusinessError) as caught:
        update_item(item, unit=box, by=by)
    assert caught.value.code == "unit_in_use"
    assert Item.objects.get().unit_id == item.unit_id


def test_what_is_never_in_stock_has_no_lots(item: Item, by: User) -> None:
    with pytest.raises(InvalidInput):
        update_item(item, kind=Item.Kind.SERVICE, tracking=Item.Tracking.LOT, by=by)
    assert Item.objects.get().kind == Item.Kind.PURCHASED


def test_a_stale_change_is_refused_and_an_empty_one_writes_nothing(item: Item, by: User) -> None:
    update_item(item, name="New", version=1, by=by, reason="why")
    with pytest.raises(StaleVersion):
        update_item(item, name="Late", version=1, by=by)
    same = update_item(Item.objects.get(), name="New", version=2, by=by)
    assert (same.version, Item.objects.get().history.count()) == (2, 2)
    assert Item.objects.get().history.first().history_change_reason == "why"


@given(
    n=st.integers(1, 10**6),
    d=st.integers(1, 10**6),
    m=st.integers(1, 10**6),
    e=st.integers(1, 10**6),
)
def test_conversion_is_exact_both_ways(n: int, d: int, m: int, e: int) -> None:
    gram = Unit(pk=1, code="GRM", dimension="mass", numerator=n, denominator=d)
    pound = Unit(pk=2, code="LBR", dimension="mass", numerator=m, denominator=e)
    in_gram = Item(pk=1, code="A", unit=gram)
    in_pound = Item(pk=2, code="B", unit=pound)
    for each in (in_gram, in_pound):
        each._prefetched_objects_cache = {"units": []}
    there = conversion_ratio(in_gram, pound)
    assert there * conversion_ratio(in_pound, gram) == 1


def test_dimensions_do_not_mix(item: Item, acme: Company, by: User) -> None:
    with pytest.raises(InvalidInput, match="not measured"):
        conversion_ratio(item, unit(acme, by, "KGM", "mass"))
