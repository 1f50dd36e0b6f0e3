"""404 in the API's own shape for addresses that mean nothing."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def unknown_endpoint(request: Any) -> HttpResponse:
    error = {"code": "not_found", "detail": "Not found.", "attr": None}
    return JsonResponse({"type": "client_error", "errors": [error]}, status=404)
