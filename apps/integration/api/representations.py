"""An object as its endpoint of the API shows it to a user: for the messages of webhooks."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import Http404, HttpRequest
from rest_framework.request import Request

from apps.core.api.permissions import permissions_for
from apps.core.api.registry import routers
from apps.core.api.renderers import to_plain
from apps.core.backends import load_user
from apps.integration.services.deliveries import Representation


@cache
def _places() -> dict[str, tuple[str, Any]]:
    """Label of a model → (address of its list, viewset): the first that shows it."""
    found: dict[str, tuple[str, Any]] = {}
    for router in routers():
        for prefix, viewset, _basename in router.registry:
            if hasattr(viewset, "model_class"):
                path = f"/api/v1/{router.app.replace('_', '-')}/{prefix}/"
                found.setdefault(viewset.model_class()._meta.label_lower, (path, viewset))
    return found


def represent(label: str, object_id: int, user_id: int) -> Representation:
    """The object now, if the user may see it; what no endpoint shows is told by its id only.

    A row that is gone has no body. One of another site or company is not visible.
    """
    place = _places().get(label)
    if place is None:
        return Representation(True)
    path, viewset = place
    user = load_user(user_id)
    view = viewset()
    view.action, view.kwargs, view.format_kwarg = "retrieve", {"pk": str(object_id)}, None
    wanted = permissions_for(view, "retrieve", "GET")
    if user is None or not user.is_active or wanted is None or not user.has_perms(wanted):
        return Representation(False)
    view.request = Request(HttpRequest())
    view.request.user = user
    href = f"{path}{object_id}/"
    try:
        row = view.fetch(object_id)
    except Http404:
        is_there = view.model_class()._base_manager.filter(pk=object_id).exists()
        return Representation(not is_there)
    return Representation(True, href, to_plain(view.get_serializer(row).data))
