"""What every other test relies on."""

import subprocess
import sys

import pytest
from django.db import connection, connections, transaction
from django.db.utils import ProgrammingError

from apps.core.models import User

pytestmark = pytest.mark.django_db


def test_the_application_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
        )
        assert cursor.fetchone() == ("mes_erp_app", False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


def test_the_application_can_not_change_tables() -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_user ADD COLUMN x int")


@pytest.mark.parametrize("round_", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_a_committed_row_is_gone_in_the_next_test(round_: int) -> None:
    assert not User.objects.filter(username="committed").exists()
    User.objects.create_user(username="committed")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_owner_is_another_connection() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('statement_timeout')")
        assert cursor.fetchone() == ("mes_erp_owner", "0")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        )
        assert cursor.fetchone() == ("5s", "1min")


def test_other_programs_see_this_database(database_environment: dict[str, str]) -> None:
    User.objects.create_user(username="committed")
    code = "from apps.core.models import User; print(User.objects.get(username='committed').pk)"
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
    done = subprocess.run(command, env=database_environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
