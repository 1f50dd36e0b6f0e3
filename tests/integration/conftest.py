from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.core.models import Company, User
from apps.integration.models import ServiceAccount, WebhookEndpoint
from apps.integration.services.api_keys import create_api_key
from apps.integration.services.endpoints import WithSecret, create_endpoint
from apps.integration.services.service_accounts import create_service_account
from tests.integration.receiver import Receiver
from tests.support.faces import ApiClient

Subscribe = Callable[..., WithSecret]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A real HTTP server on this machine, which the settings of development allow."""
    with Receiver() as running:
        settings.WEBHOOK_ALLOW_HTTP = True
        settings.WEBHOOK_INTERNAL_NETWORKS = ["127.0.0.0/8"]
        settings.WEBHOOK_PORTS = [443, running.port]
        yield running


@pytest.fixture
def account(company: Company, by: User) -> ServiceAccount:
    return make_account(company, by=by)


def make_account(
    company: Company, *, by: User, code: str = "erp-sync", roles: tuple[str, ...] = ("auditor",)
) -> ServiceAccount:
    return create_service_account(company, code=code, roles=roles, by=by)


@pytest.fixture
def subscribe(company: Company, account: ServiceAccount, receiver: Receiver, by: User) -> Subscribe:
    def make(events: str = "masterdata.partner.*", **values: Any) -> WithSecret:
        values.setdefault("account", account)
        number = WebhookEndpoint.objects.count()
        return create_endpoint(
            values.pop("company", company),
            code=values.pop("code", f"E{number}"),
            url=values.pop("url", receiver.url),
            events=events,
            by=by,
            **values,
        )

    return make


def make_key(account: ServiceAccount, scopes: str, *, by: User, **values: Any) -> WithSecret:
    values.setdefault("expires_at", timezone.now() + timedelta(days=30))
    return create_api_key(account, name="sync", scopes=scopes, by=by, **values)


class KeyClient(ApiClient):
    """A program that calls with an API key."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
