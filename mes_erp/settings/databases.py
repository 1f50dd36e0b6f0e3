"""The two connections: `default` (the application's role) and `owner` (migrations)."""

import os
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from mes_erp import postgres

DATABASE = "mes_erp"
PLACES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
# A statement that waits longer than this is a fault to report, not to sit out.
LIMITS = {
    "lock_timeout": "5s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
}
# A statement that comes again is parsed and planned once, which halves the server's time. A
# pooler in between must know prepared statements (PgBouncer 1.21 and newer do), else switch it off.
PREPARED: dict[str, Any] = {"server_side_binding": True, "prepare_threshold": 2}
if os.environ.get("DATABASE_PREPARED_STATEMENTS", "on").lower() in ("off", "false", "0", "no"):
    PREPARED = {}
OWNER_LIMITS = {**LIMITS, "statement_timeout": "0"}  # a migration may rewrite a big table


def databases(*, pool_size: int) -> dict[str, dict[str, Any]]:
    """From DATABASE_URL and DATABASE_OWNER_URL, else the embedded cluster."""
    urls = {
        "default": os.environ.get("DATABASE_URL"),
        "owner": os.environ.get("DATABASE_OWNER_URL"),
    }
    if urls["default"]:
        default = conninfo_to_dict(urls["default"])
        owner = conninfo_to_dict(urls["owner"] or urls["default"])
    else:
        default, owner = embedded(postgres.APP), embedded(postgres.OWNER)
    pool = {"min_size": 1, "max_size": pool_size, "timeout": 10} if pool_size else None
    return {
        "default": connection(default, LIMITS, pool=pool),
        "owner": connection(owner, OWNER_LIMITS, is_prepared=False)
        | {"TEST": {"MIRROR": "default"}},
    }


def connection(
    parameters: dict[str, Any],
    limits: dict[str, str],
    *,
    pool: dict[str, Any] | None = None,
    is_prepared: bool = True,
) -> dict[str, Any]:
    rest = {name: value for name, value in parameters.items() if name not in PLACES}
    options = {
        "application_name": os.environ.get("MES_ERP_PROCESS", "mes_erp"),
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        **(PREPARED if is_prepared else {}),
        **rest,
    }
    if pool:
        options["pool"] = pool
    places = {PLACES[name]: value for name, value in parameters.items() if name in PLACES}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_HEALTH_CHECKS": True,  # a pooled connection may have died with its server
        "OPTIONS": options,
        **places,
    }


def embedded(role: str) -> dict[str, Any]:
    try:
        return dict(postgres.embedded().conninfo(role, DATABASE))
    except postgres.PostgresError:  # not made yet; commands that need no database still run
        return {"dbname": DATABASE, "user": role, "host": str(postgres.embedded().socket_dir)}
