"""A real installation does not start on unsafe values."""

import os
import subprocess
import sys

import pytest

GOOD = {
    "SECRET_KEY": "k3Jw9zQv" * 8,
    "ALLOWED_HOSTS": "erp.example.com",
    "DATABASE_URL": "postgresql://mes_erp_app@db/mes_erp",
    "DATABASE_OWNER_URL": "postgresql://mes_erp_owner@db/mes_erp",
    "CELERY_BROKER_URL": "redis://queue/0",
}


def start(**changes: str) -> str:
    """What Python says when it imports the production settings."""
    environment = {"PATH": os.environ["PATH"], **GOOD, **changes}
    environment = {name: value for name, value in environment.items() if value}
    command = [sys.executable, "-c", "import mes_erp.settings.production"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def test_starts_on_good_values() -> None:
    assert start() == ""


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"DATABASE_URL": GOOD["DATABASE_OWNER_URL"]}, "DATABASE_OWNER_URL"),
        ({"CELERY_BROKER_URL": ""}, "CELERY_BROKER_URL"),
    ],
)
def test_refuses_unsafe_values(changes: dict[str, str], complaint: str) -> None:
    assert complaint in start(**changes)
