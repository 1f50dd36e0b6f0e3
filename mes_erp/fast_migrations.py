"""`migrate` in seconds on an empty database.

Before each operation Django renders again every model that is connected to the changed one. Here
all models hang together through companies and users, so a new table or constraint renders the
whole suite, and the time grows with the square of the number of tables: 21 s for the first 78
migrations, 5 s with this, for the same schema. A model that is new needs no other one to be
rendered again, and a constraint or an index changes one list of one model.
"""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

from django.db.migrations.state import ModelState, ProjectState


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


@contextlib.contextmanager
def fast_migrations() -> Iterator[None]:
    with (
        mock.patch.object(ProjectState, "add_model", add_model),
        mock.patch.object(ProjectState, "_append_option", append_option),
    ):
        yield
