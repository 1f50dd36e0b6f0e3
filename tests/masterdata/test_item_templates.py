"""Variants: an item for each combination of values, made once, whatever is asked again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.core.errors import BusinessError, InvalidInput
from apps.masterdata.models import Item, ItemTemplate, ItemVariant, VariantAttribute
from apps.masterdata.services.item_templates import (
    NewValue,
    change_item_template,
    change_variant_attribute,
    create_item_template,
    create_variant_attribute,
    generate_variants,
)
from tests.factories import Books
from tests.support.faces import ApiClient, codes


def attribute(books: Books, code: str, *values: str) -> VariantAttribute:
    return create_variant_attribute(
        company=books.company, code=code, name=code.title(), by=books.by,
        values=[NewValue(one, one.title(), place) for place, one in enumerate(values)],
    )  # fmt: skip


def shirt(books: Books, *attributes: VariantAttribute, **values) -> ItemTemplate:
    return create_item_template(
        company=books.company, code="SHIRT", name="Shirt", category=books.category(),
        unit=books.unit(), sales_price=Decimal(20), attributes=attributes, by=books.by, **values,
    )  # fmt: skip


def test_all_combinations_become_items_once(books: Books) -> None:
    colour, size = attribute(books, "COLOUR", "RED", "BLUE"), attribute(books, "SIZE", "S", "M")
    template = shirt(books, colour, size, tracking="lot")
    made = generate_variants(template, by=books.by)
    assert [item.code for item in made] == [
        "SHIRT-RED-S", "SHIRT-RED-M", "SHIRT-BLUE-S", "SHIRT-BLUE-M",
    ]  # fmt: skip
    item = Item.objects.get(code="SHIRT-BLUE-M")
    assert (item.name, item.sales_price, item.tracking) == ("Shirt, Blue, M", 20, "lot")
    assert item.variant.template == template
    assert generate_variants(template, by=books.by) == []
    change_variant_attribute(
        size, values=[NewValue(one, one) for one in ("S", "M", "L")], by=books.by
    )
    assert [one.code for one in generate_variants(template, by=books.by)] == [
        "SHIRT-RED-L", "SHIRT-BLUE-L",
    ]  # fmt: skip
    assert Item.objects.count() == 6


def test_only_chosen_ones(books: Books) -> None:
    colour, size = attribute(books, "COLOUR", "RED", "BLUE"), attribute(books, "SIZE", "S", "M")
    template = shirt(books, colour, size)
    red = {"COLOUR": "RED", "SIZE": "M"}
    [made] = generate_variants(template, chosen=[red, dict(reversed(red.items()))], by=books.by)
    assert made.code == "SHIRT-RED-M"
    for chosen, code in (
        ({"COLOUR": "RED"}, "wrong_attributes"),
        ({**red, "FIT": "SLIM"}, "wrong_attributes"),
        ({**red, "SIZE": "XXL"}, "unknown_value"),
    ):
        with pytest.raises(InvalidInput) as refused:
            generate_variants(template, chosen=[red, chosen], by=books.by)
        assert (refused.value.code, refused.value.row, refused.value.field) == (code, 1, "chosen")
    with pytest.raises(InvalidInput) as refused:
        generate_variants(template, chosen=[], by=books.by)
    assert refused.value.code == "out_of_range"
    assert Item.objects.count() == 1


def test_a_combination_is_there_once_also_for_the_database(books: Books) -> None:
    template = shirt(books, attribute(books, "COLOUR", "RED", "BLUE"))
    red, blue = generate_variants(template, by=books.by)
    with pytest.raises(IntegrityError), transaction.atomic():
        ItemVariant.objects.filter(item=blue).update(combination=red.variant.combination)
    # renamed codes make no second item of the same values
    colour = VariantAttribute.objects.get()
    change_variant_attribute(colour, code="TINT", by=books.by)
    assert generate_variants(template, by=books.by) == []


def test_a_code_that_is_taken_or_too_long_makes_nothing(books: Books) -> None:
    template = shirt(books, attribute(books, "COLOUR", "RED", "BLUE"))
    books.item("SHIRT-BLUE")
    with pytest.raises(BusinessError) as refused:
        generate_variants(template, by=books.by)
    assert refused.value.code == "code_taken"
    assert "SHIRT-BLUE" in refused.value.message
    change_item_template(template, code="S" * 58, by=books.by)
    with pytest.raises(BusinessError) as refused:
        generate_variants(template, by=books.by)
    assert refused.value.code == "code_too_long"
    assert Item.objects.count() == 1


def test_what_can_not_be_a_template_is_refused(books: Books) -> None:
    colour = attribute(books, "COLOUR", "RED")
    for attributes, code in (
        ((), "no_attributes"),
        ((colour, colour), "attribute_twice"),
    ):
        with pytest.raises(InvalidInput) as refused:
            shirt(books, *attributes)
        assert (refused.value.code, refused.value.field) == (code, "attributes")
    with pytest.raises(InvalidInput) as refused:
        attribute(books, "SIZE", "S", "S")
    assert (refused.value.code, refused.value.row) == ("value_twice", 1)
    with pytest.raises(InvalidInput) as refused:
        attribute(books, "SIZE", " ")
    assert (refused.value.code, refused.value.row) == ("required", 0)
    empty = attribute(books, "SIZE")
    with pytest.raises(InvalidInput) as refused:
        generate_variants(shirt(books, colour, empty), by=books.by)
    assert refused.value.code == "out_of_range"
    assert not Item.objects.exists()


def test_what_items_were_made_of_stays(books: Books) -> None:
    colour, size = attribute(books, "COLOUR", "RED", "BLUE"), attribute(books, "SIZE", "S")
    template = shirt(books, colour)
    generate_variants(template, chosen=[{"COLOUR": "RED"}], by=books.by)
    with pytest.raises(BusinessError) as refused:
        change_item_template(template, attributes=[colour, size], by=books.by)
    assert (refused.value.code, refused.value.field) == ("has_variants", "attributes")
    with pytest.raises(BusinessError) as refused:
        change_variant_attribute(colour, values=[NewValue("BLUE", "Blue")], by=books.by)
    assert refused.value.code == "value_in_use"
    colour = change_variant_attribute(colour, values=[NewValue("RED", "Crimson")], by=books.by)
    assert list(colour.values.values_list("code", "name")) == [("RED", "Crimson")]


def test_a_hundred_variants_cost_as_many_statements_as_ten(books: Books) -> None:
    counts = {}
    for size in (10, 100):
        colour = attribute(books, f"C{size}", *(f"V{n}" for n in range(size)))
        template = create_item_template(
            company=books.company, code=f"T{size}", name="T", category=books.category(),
            unit=books.unit(), attributes=[colour], by=books.by,
        )  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            assert len(generate_variants(template, by=books.by)) == size
        counts[size] = len([q for q in captured if "SAVEPOINT" not in q["sql"]])
    assert counts[10] == counts[100] <= 12, counts


def test_through_the_api(books: Books) -> None:
    api = ApiClient(books.by)
    made = api.post(
        "/masterdata/variant-attributes/",
        {"code": "COLOUR", "name": "Colour", "values": [{"code": "RED", "name": "Red"}]},
    )
    assert made.status_code == 201, made.body
    place = f"/masterdata/variant-attributes/{made.body['id']}/"
    values = [{"code": "RED", "name": "Red"}, {"code": "BLUE", "name": "Blue", "position": 20}]
    changed = api.patch(place, {"values": values}, version=1)
    assert [one["code"] for one in changed.body["values"]] == ["RED", "BLUE"], changed.body
    template = api.post(
        "/masterdata/item-templates/",
        {
            "code": "CAP", "name": "Cap", "category": books.category().code,
            "unit": books.unit().code, "attributes": [{"attribute": "COLOUR"}],
        },
    )  # fmt: skip
    assert template.status_code == 201, template.body
    verb = f"/masterdata/item-templates/{template.body['id']}/generate/"
    items = api.post(verb, {"chosen": [{"COLOUR": "BLUE"}]})
    assert [one["code"] for one in items.body] == ["CAP-BLUE"], items.body
    assert [one["code"] for one in api.post(verb, {}).body] == ["CAP-RED"]
    wrong = api.post(verb, {"chosen": [{"COLOUR": "PINK"}]})
    assert (wrong.status_code, codes(wrong)) == (422, [("chosen", "unknown_value")])
    listed = api.get(f"/masterdata/item-variants/?template={template.body['id']}").body["results"]
    assert [one["item_code"] for one in listed] == ["CAP-RED", "CAP-BLUE"]
