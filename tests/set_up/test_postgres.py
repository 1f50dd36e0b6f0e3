"""The private PostgreSQL survives what happens to machines."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mes_erp import postgres
from mes_erp.server_programs import SYSTEM_HOME, processes_in

pytestmark = pytest.mark.reliability


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Cluster]:
    # A directory whose socket would be too long a name, with a space and a quote in it.
    home = tmp_path_factory.mktemp("far away") / ("it's " + "long " * 20) / "postgres"
    made = postgres.Cluster(home)
    made.ensure_started(durable=False)
    yield made
    made.destroy()


def test_strangers_stay_out(cluster: postgres.Cluster) -> None:
    assert cluster.socket_dir.stat().st_mode & 0o077 == 0
    assert len(str(cluster.socket_dir / postgres.SOCKET_NAME)) < postgres.LONGEST_SOCKET
    assert (cluster.home / "secrets.json").stat().st_mode & 0o077 == 0
    with cluster.connect() as admin:
        assert admin.execute("SHOW listen_addresses").fetchone() == ("",)
        rules = admin.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
    assert {method for (method,) in rules} <= {"scram-sha-256", "reject"}


def test_roles_are_what_they_promise(cluster: postgres.Cluster) -> None:
    cluster.ensure_database("roles")
    with cluster.connect(postgres.OWNER, "roles") as owner:
        owner.execute("CREATE TABLE thing (id int)")
    with cluster.connect(postgres.APP, "roles") as app:
        app.execute("INSERT INTO thing VALUES (1)")
        for forbidden in ("TRUNCATE thing", "DROP TABLE thing", "CREATE TABLE other (id int)"):
            with pytest.raises(Exception, match=r"permission denied|must be owner"):
                app.execute(forbidden)
    with cluster.connect(postgres.READONLY, "roles") as reader:
        assert reader.execute("SELECT * FROM thing").fetchone() == (1,)
        with pytest.raises(Exception, match="read-only"):
            reader.execute("DELETE FROM thing")


def test_starts_after_a_kill(cluster: postgres.Cluster) -> None:
    pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while cluster.is_running() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert cluster.ensure_started(durable=False)
    assert not cluster.ensure_started(durable=False)


def test_waits_for_what_a_killed_server_left_behind(cluster: postgres.Cluster) -> None:
    """A backend in the middle of a statement notices late that its postmaster is gone."""
    before = set(processes_in(cluster.data))
    with cluster.connect() as admin:
        backend = admin.execute("SELECT pg_backend_pid()").fetchone()[0]
        assert backend in before | set(processes_in(cluster.data))
        os.kill(backend, signal.SIGSTOP)
        try:
            os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            starting = threading.Thread(target=cluster.ensure_started, kwargs={"durable": False})
            starting.start()
            starting.join(1.5)
            assert starting.is_alive(), "a second server was started over a living backend"
            assert (cluster.data / "postmaster.pid").exists()
        finally:
            os.kill(backend, signal.SIGCONT)
        starting.join(60)
    assert cluster.is_running()
    assert backend not in processes_in(cluster.data)


def test_starts_when_its_old_number_belongs_to_another_process(cluster: postgres.Cluster) -> None:
    cluster.stop()
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        pid_file = cluster.data / "postmaster.pid"
        pid_file.write_text(f"{other.pid}\n{cluster.data}\n")
        os.chown(pid_file, cluster.account.pw_uid, cluster.account.pw_gid)
        assert cluster.ensure_started(durable=False)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_says_when_the_data_are_of_another_version(cluster: postgres.Cluster) -> None:
    cluster.stop()
    version_file = cluster.data / "PG_VERSION"
    before = version_file.read_text()
    version_file.write_text("9\n")
    try:
        with pytest.raises(postgres.PostgresError, match="made by PostgreSQL 9"):
            cluster.ensure_started(durable=False)
    finally:
        version_file.write_text(before)
    assert cluster.ensure_started(durable=False)


def test_directories_above_keep_their_modes(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    made = postgres.Cluster(closed / "postgres")
    assert closed.stat().st_mode & 0o777 == 0o700
    if os.geteuid() == 0:
        assert SYSTEM_HOME in made.home.parents
        assert (closed / "postgres.where.txt").exists()
