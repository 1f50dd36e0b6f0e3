"""The tests' databases: one throw-away cluster, one migrated template, one clone per process.

The cluster in `var/test-postgres` has no durability at all. It is stopped after each run and its
files are kept, so that the next run only starts it (0.1 s) and clones the template (0.1 s); the
template is made anew when a migration, or a module that one imports, has changed.
"""

import fcntl
import os
import urllib.parse
from pathlib import Path
from typing import IO

from mes_erp import digests, postgres
from tests.support.pristine import Pristine

ROOT = postgres.ROOT
KEPT_TEMPLATES = 3


class TestDatabases:
    """What one test process (a worker of xdist, or pytest itself) holds."""

    __test__ = False

    def __init__(
        self, worker: str, cluster: postgres.Cluster | None = None, *, durable: bool = False
    ) -> None:
        given = os.environ.get("MES_ERP_TEST_CLUSTER") if cluster is None else None
        self.is_ours, self.durable = given is None, durable
        self.cluster = cluster or postgres.Cluster(
            Path(given) if given else ROOT / "var" / "test-postgres"
        )
        self.name = f"test_{os.getpid()}_{worker}"
        self.template = f"template_{digests.of_migrations()}"
        self._in_use: IO[str] | None = None
        self._pristine: Pristine | None = None

    def start(self) -> None:
        """Start the cluster, unless another run has; make the template, unless it is there."""
        home = self.cluster.home
        home.mkdir(parents=True, exist_ok=True)
        self._in_use = (home / "in-use.lock").open("a")
        fcntl.flock(self._in_use, fcntl.LOCK_SH)
        if self.is_ours:
            self.cluster.ensure_started(durable=self.durable)
        with postgres.locked(home / "template.lock"):
            if not self._exists(self.template):
                self._make_template()
        self.clone()

    def clone(self) -> None:
        """Replace this process's database by a fresh copy of the template."""
        self.drop()
        self.cluster.clone_database(self.template, self.name)
        use(self.cluster, self.name)

    def renew(self) -> None:
        """Make this process's database what its migrations left, as soon as can be."""
        from django.db import connections

        connections.close_all()
        if self._pristine is None or not self._pristine.put_back():
            self.clone()
            self._pristine = Pristine(self.cluster, self.name)

    def drop(self) -> None:
        from django.db import connections

        connections.close_all()
        self.cluster.drop_database(self.name)

    def release(self) -> None:
        if self._in_use:
            self._in_use.close()

    def environment(self) -> dict[str, str]:
        """For programs that a test starts: the local settings on this test's database."""
        return {
            "DJANGO_SETTINGS_MODULE": "mes_erp.settings.local",
            "DATABASE_URL": url(self.cluster.conninfo(postgres.APP, self.name)),
            "DATABASE_OWNER_URL": url(self.cluster.conninfo(postgres.OWNER, self.name)),
            "MES_ERP_NO_BOOTSTRAP": "1",
        }

    def _make_template(self) -> None:
        from django.core.management import call_command
        from django.db import connections

        half_made = f"half_made_{self.template}"
        self.cluster.drop_database(half_made)
        self.cluster.ensure_database(half_made)
        use(self.cluster, half_made)
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        connections.close_all()
        with self.cluster.connect() as admin:
            admin.execute(f'ALTER DATABASE "{half_made}" RENAME TO "{self.template}"')
            found = admin.execute(
                "SELECT datname FROM pg_database"
                " WHERE datname LIKE 'template_%' AND NOT datistemplate ORDER BY oid DESC"
            ).fetchall()
        for (name,) in found[KEPT_TEMPLATES:]:
            self.cluster.drop_database(name)

    def _exists(self, name: str) -> bool:
        with self.cluster.connect() as admin:
            found = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return found.fetchone() is not None


def stop_unless_in_use() -> None:
    """At the end of a run: stop the cluster when no other run uses it."""
    if "MES_ERP_TEST_CLUSTER" in os.environ:
        return
    cluster = postgres.Cluster(ROOT / "var" / "test-postgres")
    if not (cluster.home / "in-use.lock").exists():
        return
    with (cluster.home / "in-use.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if cluster.is_running():
            with cluster.connect() as admin:
                left = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test_%'")
                for (name,) in left.fetchall():
                    cluster.drop_database(name)
        cluster.stop("immediate" if os.environ.get("CI") else "fast")


def use(cluster: postgres.Cluster, name: str) -> None:
    """Point Django at a database: `default` as the application's role, `owner` as the owner."""
    from django.conf import settings

    for alias, role in (("default", postgres.APP), ("owner", postgres.OWNER)):
        place = cluster.conninfo(role, name)
        settings.DATABASES[alias].update(
            NAME=name, USER=role, PASSWORD=place["password"], HOST=place["host"]
        )


def url(conninfo: dict[str, str]) -> str:
    quoted = {name: urllib.parse.quote(value, safe="") for name, value in conninfo.items()}
    return "postgresql://{user}:{password}@{host}/{dbname}".format(**quoted)
