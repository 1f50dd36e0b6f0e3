"""`migrate` in seconds on an empty database.

Before each operation Django renders again every model that is connected to the changed one. Here
all models hang together through companies and users, so a new table, column or constraint renders
the whole suite, and the time grows with the square of the number of tables. But a model that is
new needs no other one to be rendered again, a constraint or an index changes one list of one
model, and a field changes one model, unless others refer to it. Where others are touched, all of
them are rendered from scratch, once somebody asks.
"""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import field_is_referenced

_alter_field, _rename_field = ProjectState.alter_field, ProjectState.rename_field


def add_model(self: Any, model_state: ModelState) -> None:
    key = model_state.app_label, model_state.name_lower
    self.models[key] = model_state
    if self._relations is not None:
        self.resolve_model_relations(key)
    if "apps" in self.__dict__:
        self.apps.render_multiple([model_state])


def append_option(self: Any, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
    model_state = self.models[app_label, model_name]
    model_state.options[option_name] = [*model_state.options[option_name], obj]
    if "apps" in self.__dict__:
        meta = self.apps.get_model(app_label, model_name)._meta
        setattr(meta, option_name, model_state.options[option_name])
        meta.__dict__.pop("total_unique_constraints", None)


def reload_model(self: Any, app_label: str, model_name: str, delay: bool = False) -> None:
    """Render this model only; what points to it keeps pointing to its former shape.

    ``is_delayed`` makes Django render everything afresh before it runs Python of a migration.
    """
    if "apps" not in self.__dict__:
        return
    label = f"{app_label}.{model_name}"
    if any(label in map(_label, state.bases) for state in self.models.values()):
        forget(self)
        return
    self.is_delayed = True
    self.apps.render_multiple([self.models[app_label, model_name.lower()]])


def reload_models(self: Any, models: Any, delay: bool = True) -> None:
    forget(self)


def alter_field(
    self: Any, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool
) -> None:
    if field_is_referenced(self, (app_label, model_name), (name, field)):
        forget(self)
    _alter_field(self, app_label, model_name, name, field, preserve_default)


def rename_field(self: Any, app_label: str, model_name: str, old_name: str, new_name: str) -> None:
    forget(self)
    _rename_field(self, app_label, model_name, old_name, new_name)


def forget(state: Any) -> None:
    """What is rendered is rendered again when it is asked for."""
    state.__dict__.pop("apps", None)


def _label(base: Any) -> str:
    return base.lower() if isinstance(base, str) else ""


PATCHES = {
    "add_model": add_model,
    "_append_option": append_option,
    "reload_model": reload_model,
    "reload_models": reload_models,
    "alter_field": alter_field,
    "rename_field": rename_field,
}


@contextlib.contextmanager
def fast_migrations() -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for name, function in PATCHES.items():
            stack.enter_context(mock.patch.object(ProjectState, name, function))
        yield
