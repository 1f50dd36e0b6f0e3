"""How often one key may ask. People are not counted here: their sign-in is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.throttling import SimpleRateThrottle


class KeyThrottle(SimpleRateThrottle):
    """So many requests in a minute: the key's own limit, or the installation's."""

    rate = "of the key"

    def __init__(self) -> None:
        """Unlike the base: there is no one rate to parse."""

    def allow_request(self, request: Any, view: Any) -> bool:
        if not hasattr(request.auth, "refusal_of"):
            return True
        own = request.auth.key.requests_per_minute
        self.num_requests, self.duration = own or settings.API_KEY_REQUESTS_PER_MINUTE, 60
        return bool(super().allow_request(request, view))

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"api-key-{request.auth.key.pk}"
