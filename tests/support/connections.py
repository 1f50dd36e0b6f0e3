"""Connections beside Django's own: for races, and for what the application must not do."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection

from tests.support.databases import TestDatabases


def application() -> psycopg.Connection[Any]:
    """Another connection of the application's role to the test's database."""
    settings = connection.settings_dict
    return psycopg.connect(
        host=settings["HOST"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname=settings["NAME"],
    )


def superuser() -> psycopg.Connection[Any]:
    """The database's superuser, with triggers switched off: what nobody should be."""
    opened = TestDatabases("beside").cluster.connect(database=connection.settings_dict["NAME"])
    opened.autocommit = True
    opened.execute("SET session_replication_role = replica")
    return opened
