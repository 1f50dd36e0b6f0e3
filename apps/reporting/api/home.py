"""The home page of the caller, for whoever shows it: the admin asks every half minute."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.reporting.api.answers import HomeOutput
from apps.reporting.presentation import present_home
from apps.reporting.queries.home import home_of


class HomeViewSet(ViewSet):
    """Figures, charts and work lists of the caller's roles, as far as permissions reach."""

    permission_classes = (IsAuthenticated,)
    #: Everybody has a home; each figure in it has its own permission.
    is_personal = True

    @extend_schema(responses=HomeOutput)
    def list(self, request: Any) -> Response:
        return Response(present_home(home_of(request.user)))
