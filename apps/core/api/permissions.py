"""Deny by default: what has no permission named is refused, to everybody but nobody less."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission

_BY_ACTION = {
    "list": "view",
    "retrieve": "view",
    "history": "view",
    "metadata": "view",
    "create": "add",
    "update": "change",
    "partial_update": "change",
    "destroy": "delete",
}
NOBODY = "core.nobody"


def model_permission(model: Any, verb: str) -> str:
    return f"{model._meta.app_label}.{verb}_{model._meta.model_name}"


def permissions_for(view: Any, action: str | None, method: str = "") -> tuple[str, ...] | None:
    """The permissions that ``action`` of ``view`` (class or instance) wants; None: not mapped."""
    if action is None:
        return None
    handler = getattr(view, action, None)
    by_method = getattr(handler, "permissions_by_method", None)
    if by_method is not None:
        own = by_method.get(method.upper())
        return None if own is None else _resolved(view, own)
    own = getattr(handler, "required_permissions", None)
    if own is not None:
        more = getattr(view, "more_permissions", {}).get(action, ())
        return _resolved(view, (*own, *more))
    if action in getattr(view, "verb_permissions", {}):
        return _resolved(view, (view.verb_permissions[action],))
    model = getattr(view, "permission_model", None)
    if model is not None and action in _BY_ACTION:
        return (model_permission(model, _BY_ACTION[action]),)
    return None


def _resolved(view: Any, permissions: tuple[str, ...]) -> tuple[str, ...]:
    """``view``/``change`` alone mean that verb on the view's model."""
    return tuple(
        code if "." in code else model_permission(view.permission_model, code)
        for code in permissions
    )


class ModelPermissions(BasePermission):
    """Signed in, and holding every permission of the action."""

    def has_permission(self, request: Any, view: Any) -> bool:
        user = request.user
        if not user or not user.is_authenticated:
            return False
        if request.method == "OPTIONS":
            return True
        action = getattr(view, "action", None)
        if action is None:
            return True  # no such method: the view answers 405 itself
        wanted = permissions_for(view, action, request.method)
        if wanted is None:
            return False
        if user.has_perms(wanted):
            return True
        explain = getattr(request.auth, "refusal_of", None)
        if explain is not None:
            self.message = explain(wanted)  # which scope the key lacks, or which right its role
        return False


class InPerson(BasePermission):
    """Signed in oneself: a key with scopes is not enough, for what it would make has none."""

    def has_permission(self, request: Any, view: Any) -> bool:
        user = request.user
        is_person = user and user.is_authenticated
        return bool(is_person and not hasattr(request.auth, "refusal_of"))
