"""Single sign-on: django-allauth's two addresses, and what a silent provider looks like."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import requests
from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.providers.openid_connect import views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

_log = logging.getLogger(__name__)
View = Callable[..., Any]


def _told(view: View) -> View:
    """503 and a page that says so, where the provider can't be reached or answers nonsense."""

    @login_not_required
    @wraps(view)
    def answer(request: HttpRequest, provider_id: str) -> HttpResponse:
        try:
            return view(request, provider_id)
        except requests.RequestException as error:
            _log.warning("identity provider: %s", error)
            return render(request, "account/provider_silent.html", status=503)

    return answer


urlpatterns = [
    path("<slug:provider_id>/login/", _told(views.login), name="openid_connect_login"),
    path(
        "<slug:provider_id>/login/callback/",
        _told(views.callback),
        name="openid_connect_callback",
    ),
]
