"""What a column's own CHECK constraints say about single values, for friendlier refusals."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from django.db.models import CheckConstraint


class Bounds(NamedTuple):
    is_positive: bool = False
    is_not_negative: bool = False


@cache
def bounds_of(model_field: Any) -> Bounds:
    """``(field > 0)`` and ``(field >= 0)`` from the model, so that faces and database agree."""
    for constraint in model_field.model._meta.constraints:
        children: Any = getattr(getattr(constraint, "condition", None), "children", ())
        if not isinstance(constraint, CheckConstraint) or len(children) != 1:
            continue
        child = children[0]
        if child == (f"{model_field.name}__gt", 0):
            return Bounds(is_positive=True)
        if child == (f"{model_field.name}__gte", 0):
            return Bounds(is_not_negative=True)
    return Bounds()
