"""How people come in: by name and password, a second factor or passkey, or single sign-on.

Accounts are made by a superuser only, never by signing up; an identity provider's user is let in
when an account with the same verified e-mail address exists. Lock-out is django-axes' alone.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

API = "/api/"


def refusal(status: int, code: str, detail: str) -> JsonResponse:
    """What a middleware refuses of the API, in the shape of all its refusals."""
    errors = [{"code": code, "detail": detail, "attr": None}]
    return JsonResponse({"type": "client_error", "errors": errors}, status=status)


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """Too many wrong passwords: 429, as JSON from the API and as a page elsewhere."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    answer: HttpResponse
    if request.path_info.startswith(API):
        text = _("Too many wrong passwords. Wait a quarter of an hour and try again.")
        answer = refusal(settings.AXES_HTTP_RESPONSE_CODE, "locked_out", text)
    else:
        status = settings.AXES_HTTP_RESPONSE_CODE
        answer = render(request, "account/locked_out.html", status=status)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def second_factor_missing(request: HttpRequest) -> HttpResponse:
    """To the page that sets one up; from the API 403."""
    if request.path_info.startswith(API):
        text = _("Your role asks for a second factor. Set one up in the browser first.")
        return refusal(403, "second_factor_required", text)
    return redirect("mfa_index")


class AccountAdapter(DefaultAccountAdapter):
    """Nobody opens an account for himself."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """An identity provider opens no accounts either."""

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:
        return False
