"""A service account signs in by its keys only, whatever password somebody set for its user."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied

from apps.integration.models import ServiceAccount


class RefuseServiceAccounts:
    """Before the backends that let people in: ends the attempt for a program's user.

    It knows no users (no ``get_user``), or a session could be opened in its name.
    """

    def authenticate(self, request: Any, username: str | None = None, **credentials: Any) -> None:
        if username and ServiceAccount.objects.filter(user__username=username).exists():
            raise PermissionDenied
