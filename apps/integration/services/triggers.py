"""Every change of a document or noun is noted for those who subscribed, by the database itself.

No statement more on any posting path and no app that adds a noun has anything to do: a trigger on
each history table writes the events in the transaction of the change (docs/adr/0010).
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections, models

from apps.core.models import AuditedModel
from apps.integration.sql import NOTE_STEPS, STANDING, TRIGGER


def noted_models() -> list[Any]:
    """Every model that has history and belongs to a company."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, AuditedModel) and any(f.name == "company" for f in model._meta.fields)
    ]


def kinds_of(model: Any) -> list[str]:
    """The kinds of events that ``model`` can have."""
    label = model._meta.label_lower
    statuses = [str(value) for value in model.Status.values] if _status_of(model) else []
    words = dict.fromkeys(["created", "changed", *statuses, "deleted"])
    return [f"{label}.{word}" for word in words]


def note_all_changes(using: str = "default", **_signal: Any) -> None:
    """After ``migrate``: the trigger stands on every history that exists by now.

    Only what is missing is made: each one locks its table.
    """
    with connections[using].cursor() as cursor:
        tables = set(connections[using].introspection.table_names(cursor))
        if "integration_integrationevent" not in tables:
            return
        cursor.execute(STANDING)
        standing = {name for (name,) in cursor.fetchall()}
        for model in noted_models():
            table = model.history.model._meta.db_table
            if table in standing or table not in tables:
                continue
            function, arguments = "integration_note_rows", [model._meta.label_lower]
            if status := _status_of(model):
                function = f"integration_note_{model._meta.db_table}"
                arguments.append(str(status.get_default()))
                cursor.execute(NOTE_STEPS.format(function=function, history=table))
            words = ", ".join(f"'{word}'" for word in arguments)
            cursor.execute(TRIGGER.format(table=table, function=function, arguments=words))


def _status_of(model: Any) -> models.Field | None:
    found = [f for f in model._meta.concrete_fields if f.name == "status" and f.choices]
    return found[0] if found and hasattr(model, "Status") else None
