"""What people write is text in every table that goes out: no cell starts a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from django.db import models

from apps.core.cells import value_of
from apps.core.models import Company, User
from apps.core.resources import Resource
from apps.core.tables import read_table
from tests.architecture.rows import make_row
from tests.support.resources import resources

EVIL = ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)")


def free_texts(resource: Resource) -> list[Any]:
    """Columns in which anybody may write anything."""
    return [
        field
        for name, field in resource.fields.items()
        if isinstance(field, models.CharField | models.TextField)
        and not isinstance(field, models.EmailField | models.URLField)
        and not field.choices
        and name != resource.key
        and not field.is_relation
        and not any(c for c in field.validators if "Regex" in type(c).__name__)
        and (field.max_length or 99) >= 20
    ]


@pytest.mark.parametrize("resource", resources(), ids=lambda one: one.__name__)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_formula_is_text_in_every_export_and_comes_back(
    resource: type[Resource], kind: str, company: Company, by: User
) -> None:
    texts = free_texts(resource())
    if not texts:
        return
    made = make_row(resource.model, company, by)
    rows = resource.model._base_manager.filter(pk=made.pk)
    written = {field.name: EVIL[n % len(EVIL)] for n, field in enumerate(texts)}
    models.QuerySet.update(rows, **written)
    content, _type = resource().export(rows, kind)
    if kind == "csv":
        [cells] = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        assert {name: cells[name] for name in written} == {
            name: f"'{text}" for name, text in written.items()
        }
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    [row] = read_table(f"x.{kind}", content).rows
    assert {field.name: value_of(field, row.cells[field.name]) for field in texts} == written
