"""The terminal without a network: what its browser keeps, and what it asks when it is back."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.execution.views.shop_sessions import terminal_employee

#: What the service worker keeps, and loads itself.
SHELL = (
    "execution/css/floor.css",
    "execution/js/shop/tap_store.js",
    "execution/js/shop/replay.js",
    "execution/js/shop/words.js",
    "execution/js/shop/figures.js",
    "execution/js/shop/pending.js",
    "execution/js/shop/taps.js",
    "execution/js/shop/start.js",
    "execution/js/shop.js",
)
WORKER_PARTS = ("execution/js/shop/tap_store.js", "execution/js/shop/replay.js")
ICONS = ((192, "any"), (512, "any"), (512, "maskable"))


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """What makes the terminal an app of its own on a tablet; says nothing about the company."""
    start = reverse("shop")
    answer = JsonResponse(
        {
            "id": start,
            "name": _("MES-ERP terminal"),
            "short_name": _("Terminal"),
            "lang": get_language(),
            "start_url": start,
            "scope": start,
            "display": "standalone",
            "background_color": "#eef2f5",
            "theme_color": "#14202b",
            "icons": [
                {
                    "src": static(f"execution/icons/terminal-{size}.png"),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": purpose,
                }
                for size, purpose in ICONS
            ],
        }
    )
    answer.headers["Content-Type"] = "application/manifest+json"
    return answer


@require_GET
@never_cache
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker; it stands here so that it looks after ``/shop/`` and nothing else."""
    context = {
        "parts": [static(name) for name in WORKER_PARTS],
        "shell": [static(name) for name in SHELL],
    }
    kind = "text/javascript"
    return render(request, "execution/shop/worker.js", context, content_type=kind)


@require_GET
@never_cache
def session(request: HttpRequest) -> HttpResponse:
    """Who is signed in, the time here, a fresh token: asked before waiting taps are sent."""
    if not request.user.is_authenticated:
        return JsonResponse({"code": "signed_out"}, status=401)
    employee = terminal_employee(request)
    return JsonResponse(
        {
            "user": request.user.pk,
            "employee": employee.pk if employee else None,
            "token": get_token(request),
            "now": timezone.now().isoformat(),
        }
    )


@require_GET
@never_cache
@permission_required("execution.view_workorderoperation", raise_exception=True)
def offline(request: HttpRequest) -> HttpResponse:
    """Shown for a page that was never opened here, while there is no network."""
    context = {"section": "shop", "title": _("No network")}
    return render(request, "execution/shop/offline.html", context)
