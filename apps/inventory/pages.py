"""Pages of other apps that belong beside those of the warehouse: they say so at start-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class WarehousePage:
    """An entry of the warehouse's menu, for who holds all of ``permissions``.

    ``section`` is what the page calls itself, so that it is marked where one stands.
    """

    section: str
    label: Any
    url_name: str
    permissions: tuple[str, ...]


_pages: list[WarehousePage] = []


def register_warehouse_page(page: WarehousePage) -> None:
    """Show ``page`` in the menu; once however often the app starts."""
    if page not in _pages:
        _pages.append(page)


def warehouse_pages(user: Any) -> list[WarehousePage]:
    """What ``user`` may open, in the order in which the apps registered it."""
    return [page for page in _pages if user.has_perms(page.permissions)]
