from apps.integration.admin import (
    api_keys,
    deliveries,
    endpoints,
    events,
    machine_connections,
    service_accounts,
    tag_writes,
)

__all__ = [
    "api_keys",
    "deliveries",
    "endpoints",
    "events",
    "machine_connections",
    "service_accounts",
    "tag_writes",
]
