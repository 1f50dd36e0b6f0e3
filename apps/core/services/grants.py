"""What the application's database role may do: everything but change a register."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections

APPLICATION_ROLE = "mes_erp_app"
READONLY_ROLE = "mes_erp_readonly"


def ledger_tables() -> list[str]:
    """Tables of every model that is a register."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if getattr(model, "IS_REGISTER", False) and model._meta.managed
    )


def grant_application_role(using: str = "default", **_signal: Any) -> None:
    """After ``migrate``: grant the roles that exist; registers get SELECT and INSERT only.

    A role that owns the tables (a single-role installation) can't be fenced off this way; the
    append-only triggers still hold.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND rolname <> current_user",
            [[APPLICATION_ROLE, READONLY_ROLE]],
        )
        for (role,) in cursor.fetchall():
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
            cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
            if role == APPLICATION_ROLE:
                cursor.execute(
                    f"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
                )
                cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
                for table in ledger_tables():
                    cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")
