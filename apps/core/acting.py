"""Which company a request acts in, and that a form comes back to the company it was made for.

A browser's session remembers the company (``views.companies`` changes it); the API names it in
``X-Company``. Every form of every page carries the company it was made for (the tag
``csrf_token``), scripts send it as ``X-Company``: a tab that was left open can't write elsewhere.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError

SESSION_COMPANY = "acting_company"
SESSION_SITE = "acting_site"
FORM_FIELD = "acting_company"
HEADER = "X-Company"
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
LONGEST_CODE = 40


class UnknownCompany(BusinessError):
    """``X-Company`` names no company that is open to the caller (HTTP 403)."""

    status = 403


def enter_named(user: Any, text: str) -> None:
    """Let ``user`` act in the company that the header names, by code or by id.

    Raises ``UnknownCompany``; what exists and is closed reads like what does not exist.
    """
    text = text.strip()[:LONGEST_CODE]
    reach = user.reach
    found = next((e for e in reach if e.code == text), None)
    found = found or next((e for e in reach if str(e.company_id) == text), None)
    if found is None:
        raise UnknownCompany(
            "unknown_company", _("No company of this code is open to you."), field=HEADER
        )
    if user.acting is None or user.acting.company_id != found.company_id:
        user.enter(found.company_id)
    note(user)


def note(user: Any) -> None:
    """Each further log line of this request says for which company."""
    if user.acting is not None:
        structlog.contextvars.bind_contextvars(company=user.acting.code)


class ActingCompany(MiddlewareMixin):
    """Scopes ``request.user`` to one company; refuses forms that were made for another."""

    #: Before there is a company to act in, or whatever it is.
    open_paths = ("/accounts/", "/i18n/", "/company/", "/admin/login/", "/admin/logout/", "/api/")

    def process_request(self, request: HttpRequest) -> None:
        request.user = SimpleLazyObject(lambda: _acting_user(request))  # type: ignore[assignment]

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if request.method in SAFE or request.path_info.startswith(self.open_paths):
            return None
        user: Any = request.user
        if not user.is_authenticated or user.acting is None:
            return None
        made_for = request.headers.get(HEADER) or request.POST.get(FORM_FIELD, "")
        if made_for == str(user.acting.company_id) or (not made_for and len(user.reach) == 1):
            return None
        return _refused(request, made_for)


def _acting_user(request: HttpRequest) -> Any:
    user: Any = get_user(request)
    if user.is_authenticated and user.acting is None:
        session = request.session
        user.enter(session.get(SESSION_COMPANY), session.get(SESSION_SITE))
        note(user)
    return user


def _refused(request: HttpRequest, made_for: str) -> HttpResponse:
    if request.headers.get("X-Requested-With") or request.headers.get(HEADER):
        text = _("This page was opened in another company. Nothing was saved: reload it.")
        return JsonResponse({"code": "other_company", "detail": text}, status=409)
    user: Any = request.user
    named = next((e for e in user.reach if str(e.company_id) == made_for), None)
    context = {"made_for": named, "acting": user.acting}
    return render(request, "core/other_company.html", context, status=409)
