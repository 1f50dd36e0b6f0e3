"""The demo plant. Called once, in a freshly migrated database."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth import get_user_model


@dataclass(frozen=True)
class Login:
    role: str
    username: str
    password: str


# Printed by `manage.py demo`; the server listens to this machine only.
LOGINS = [Login("Administrator", "admin", "demo")]


def load_demo_plant(report: Callable[[str], None]) -> None:
    """Fill the database; `report` shows a line of progress. All of it or none of it."""
    for login in LOGINS:
        get_user_model().objects.create_superuser(login.username, password=login.password)
    report(f"{len(LOGINS)} login")
