"""Which registers hold rows of a document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Value

BY_SOURCE = ("source_type", "source_id")


def registers_with(document: Model, registers: Iterable[type[Any]]) -> set[type[Any]]:
    """Those of ``registers`` (ledgers) that hold rows of ``document``, in one statement.

    Only a register with an index by source is asked: another would be read whole.
    """
    kind = ContentType.objects.get_for_model(document)
    asked = [register for register in registers if is_found_by_source(register)]
    rows = [
        register._default_manager.filter(source_type=kind, source_id=document.pk)
        .order_by()
        .annotate(register=Value(place))
        .values_list("register", flat=True)[:1]
        for place, register in enumerate(asked)
    ]
    if not rows:
        return set()
    first, *others = rows
    return {asked[place] for place in first.union(*others, all=True)}


def is_found_by_source(register: type[Any]) -> bool:
    """Whether an index of ``register`` begins with the source of its rows."""
    keys = (*register._meta.indexes, *register._meta.constraints)
    return any(tuple(getattr(key, "fields", ()))[:2] == BY_SOURCE for key in keys)
