"""What an app's API module subclasses."""

from __future__ import annotations

from typing import ClassVar

from apps.core.api.conversations import ConversationActions
from apps.core.api.imports import ImportActions
from apps.core.api.views import (
    CompanyViewSet,
    CreateMixin,
    DeactivateMixin,
    ReadViewSet,
    UpdateMixin,
)


class MasterDataViewSet(
    CreateMixin, UpdateMixin, DeactivateMixin, ImportActions, ConversationActions, CompanyViewSet
):
    """Nouns: list, read, create, change, retire; tables when ``resource_class`` is set."""

    takes_reason = True
    ordering = "code"
    ordering_fields: ClassVar[tuple[str, ...]] = ("id", "code", "name")
    search_fields: ClassVar[tuple[str, ...]] = ("code", "name")


class DocumentViewSet(ConversationActions, CompanyViewSet):
    """Documents: list, read, history, files, comments; verbs are added with ``@verb``.

    Mix in ``CreateMixin`` with a ``create_service`` where the API may draft one, and
    ``UpdateMixin`` with an ``update_service`` where a draft may be changed.
    """

    ordering = "-id"
    ordering_fields: ClassVar[tuple[str, ...]] = ("id",)
    search_fields: ClassVar[tuple[str, ...]] = ("number",)


class LedgerViewSet(ReadViewSet):
    """Registers: list and read, nothing else, for nobody."""

    ordering = "-id"
    ordering_fields: ClassVar[tuple[str, ...]] = ("id",)
