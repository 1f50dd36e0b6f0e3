"""Variant attributes and item templates come and go as tables."""

from __future__ import annotations

import pytest

from apps.masterdata.models import ItemTemplate, VariantAttribute
from apps.masterdata.variant_resources import ItemTemplateResource, VariantAttributeResource
from tests.factories import Books

ATTRIBUTES = b"""code,name,value,value_name,position
VOLT,Voltage,24,24 V,10
VOLT,Voltage,230,230 V,20
COL,Colour,RD,Red,
"""
TEMPLATES = b"""code,name,category,unit,kind,attribute
ACT,Actuator,STOCK,EA,manufactured,VOLT
ACT,Actuator,STOCK,EA,manufactured,COL
"""


def imported(resource: object, content: bytes, books: Books) -> object:
    table = resource.read_file("t.csv", content, encoding="utf-8", company=books.company)  # type: ignore[attr-defined]
    return resource.run_import(table, company=books.company, by=books.by, reason="Test")  # type: ignore[attr-defined]


def test_what_is_exported_comes_in_again(books: Books) -> None:
    books.category()
    books.unit()
    assert imported(VariantAttributeResource(), ATTRIBUTES, books).errors == []
    assert imported(ItemTemplateResource(), TEMPLATES, books).errors == []
    rows = VariantAttribute.objects.filter(company=books.company)
    content, _type = VariantAttributeResource().export(rows, "csv")
    assert content.decode("utf-8-sig").split() == [
        *["code,name,value,value_name,position", "VOLT,Voltage,24,24", "V,10"],
        *["VOLT,Voltage,230,230", "V,20", "COL,Colour,RD,Red,10"],
    ]
    template = ItemTemplate.objects.get(company=books.company)
    assert [row.attribute.code for row in template.attributes.all()] == ["VOLT", "COL"]
    templates, _type = ItemTemplateResource().export(ItemTemplate.objects.all(), "csv")
    lines = templates.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("ACT,Actuator,STOCK,EA,manufactured,")
    assert [line.rpartition(",")[2] for line in lines[1:]] == ["VOLT", "COL"]


@pytest.mark.parametrize(
    ("resource", "content", "field"),
    [
        (ItemTemplateResource, TEMPLATES, "attribute"),
        (VariantAttributeResource, ATTRIBUTES.replace(b"VOLT,Voltage,230", b"VOLT,Voltage,24"), ""),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    books: Books, resource: type, content: bytes, field: str
) -> None:
    books.category()
    books.unit()
    errors = imported(resource(), content, books).errors
    assert errors
    assert not field or errors[0].field == field
    assert not VariantAttribute.objects.exists()
    assert not ItemTemplate.objects.exists()
